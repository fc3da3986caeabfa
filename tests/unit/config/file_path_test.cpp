#include "config/file_path.h"

#include <gtest/gtest.h>

namespace ekws::config {
namespace {

TEST(ConfigFilePath, RelativeIsBelowTheRoot) {
  EXPECT_EQ(absolute_path("/kuiper", "certs/ca.pem"), "/kuiper/certs/ca.pem");
  EXPECT_EQ(absolute_path("/kuiper/", "ca.pem"), "/kuiper/ca.pem");
  EXPECT_EQ(absolute_path("/", "ca.pem"), "/ca.pem");
  EXPECT_EQ(absolute_path("/kuiper", "./ca.pem"), "/kuiper/./ca.pem");
  EXPECT_EQ(absolute_path("/kuiper", "../ca.pem"), "/kuiper/../ca.pem");
}

TEST(ConfigFilePath, AbsoluteStays) { EXPECT_EQ(absolute_path("/kuiper", "/etc/ca.pem"), "/etc/ca.pem"); }

TEST(ConfigFilePath, EmptyIsNoFile) {
  EXPECT_EQ(absolute_path("/kuiper", ""), "");
  EXPECT_EQ(absolute_path("", "ca.pem"), "ca.pem");
}

}  // namespace
}  // namespace ekws::config

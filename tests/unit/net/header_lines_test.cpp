#include "net/header_lines.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace ekws::net {
namespace {

/// The fault in `head`, empty if there is none, the same however it is cut.
std::string fault(const std::string& head) {
  HeaderLines whole;
  const char* found = whole.check(head);
  HeaderLines cut;
  const char* same = nullptr;
  for (const char& c : head) same = cut.check({&c, 1});
  EXPECT_EQ(found, same);
  return found == nullptr ? "" : found;
}

TEST(HeaderLines, TakesWhatHttpHas) {
  for (const char* lines :
       {"", "A: b\r\n", "A:b\r\n", "A: \r\n", "A:\tb c \r\n", "A: \xc3\xbc\xff\r\n", "A: b: c\r\n"}) {
    EXPECT_EQ(fault("GET / HTTP/1.1\r\n" + std::string(lines) + "\r\n"), "") << lines;
  }
}

TEST(HeaderLines, NamesWhatHttpHasNot) {
  const std::pair<std::string, const char*> cases[] = {
      {" A: b\r\n", "a folded header line"},
      {"A: b\r\n\tc\r\n", "a folded header line"},
      {": b\r\n", "a header without a name"},
      {"A : b\r\n", "a space in a header's name"},
      {"A\t: b\r\n", "a space in a header's name"},
      {"A: b\nB: c\r\n", "a line end that is not CR LF"},
      {"A: b\rc\r\n", "a line end that is not CR LF"},
      {std::string("A: b\0c\r\n", 8), "a control character in a header"},
      {"A: \x7f\r\n", "a control character in a header"}};
  for (const auto& [lines, text] : cases) {
    EXPECT_EQ(fault("GET / HTTP/1.1\r\n" + lines + "\r\n"), text) << lines;
  }
}

TEST(HeaderLines, EndsAtTheEmptyLine) {
  HeaderLines lines;
  EXPECT_EQ(lines.check("GET / HTTP/1.1\r\nA: b\r"), nullptr);
  EXPECT_EQ(lines.taken(), 21U);
  EXPECT_EQ(lines.check(std::string("\n\r\n\0 frames", 11)), nullptr);
  EXPECT_EQ(lines.taken(), 3U);
  EXPECT_EQ(lines.check("\n"), nullptr);
  EXPECT_EQ(lines.taken(), 0U);
}

}  // namespace
}  // namespace ekws::net

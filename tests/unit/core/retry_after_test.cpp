#include "core/retry_after.h"

#include <gtest/gtest.h>

namespace ekws::core {
namespace {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7.
const auto kThen = std::chrono::system_clock::from_time_t(784111777);

std::optional<std::chrono::milliseconds> at(const std::string& value, std::chrono::seconds before) {
  return parse_retry_after(value, kThen - before);
}

TEST(RetryAfter, Seconds) {
  EXPECT_EQ(at("0", 0s), 0ms);
  EXPECT_EQ(at("120", 0s), 120s);
  EXPECT_EQ(at("600", 0s), 600s);
}

TEST(RetryAfter, DatesInAllThreeForms) {
  for (const char* date :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(at(date, 30s), 30s) << date;
    EXPECT_EQ(at(date, -30s), 0ms) << date << " is over";
  }
}

TEST(RetryAfter, IsBounded) {
  for (const char* value : {"601", "999999999", "1000000000", "99999999999999999999999999"}) {
    EXPECT_EQ(at(value, 0s), kMaxRetryAfter) << value;
  }
  EXPECT_EQ(at("Sun, 06 Nov 1994 08:49:37 GMT", 48h), kMaxRetryAfter);
  // Farther away than the clock, which counts nanoseconds, can tell.
  EXPECT_EQ(at("Fri, 31 Dec 9999 23:59:59 GMT", 0s), kMaxRetryAfter);
  EXPECT_EQ(at("Thu Jan  1 00:00:00 0000", 0s), 0ms);
}

TEST(RetryAfter, WhatIsNeitherIsNothing) {
  for (const char* value : {"", "-1", "1.5", "soon", "10 s", "Sun, 06 Nov 1994 08:49:37 CET", "0x10"}) {
    EXPECT_FALSE(at(value, 0s)) << value;
  }
}

}  // namespace
}  // namespace ekws::core

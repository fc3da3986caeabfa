#include "config/units.h"

#include <gtest/gtest.h>

#include "config/text.h"

namespace ekws::config {
namespace {

TEST(ConfigUnits, DurationsAreReadAsGoReadsThem) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"500ms", 500},      {"30s", 30'000},   {"1m30s", 90'000}, {"1h0m0.5s", 3'600'500},
      {"1.5h", 5'400'000}, {".5s", 500},      {"2.s", 2000},     {"+3s", 3000},
      {"-3s", -3000},      {"1500", 1500},    {"-5", -5},        {"0", 0},
      {" 7s ", 7000},      {"1us", 1},        {"1\u00b5s", 1},   {"1\u03bcs", 1},
      {"-1ns", -1},        {"1.0001s", 1001}, {"2000us", 2}};
  for (const auto& [text, milliseconds] : cases) EXPECT_EQ(parse_duration(text), milliseconds) << text;
}

TEST(ConfigUnits, WhatIsNoDurationIsNone) {
  for (const char* text : {"", " ", "s", "1 s", "1x", "1s2", "1.s.", ".", "-", "+", "1S", "1d", "--1s", "1e3s",
                           "9223372036854775807h", "99999999999999999999s", "99999999999999999999"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ConfigUnits, SizesTakeBinaryUnitsInAnyCase) {
  const std::pair<const char*, std::int64_t> cases[] = {{"1024", 1024},    {"16MiB", 16 << 20}, {"16 mib", 16 << 20},
                                                        {"1GIB", 1 << 30}, {"64KiB", 65536},    {"7B", 7},
                                                        {" 7 b ", 7},      {"-1KiB", -1024},    {"+2", 2}};
  for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text), bytes) << text;
  for (const char* text : {"", "KiB", "1KB", "1K", "1M", "1.5MiB", "0x10", "1 2", "9223372036854775807KiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(ConfigUnits, IntegersAreDecimal) {
  EXPECT_EQ(parse_integer(" 10081 "), 10081);
  EXPECT_EQ(parse_integer("+1"), 1);
  EXPECT_EQ(parse_integer("-1"), -1);
  for (const char* text : {"", "+", "+-1", "1.0", "1e3", "0x1", "one"}) EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(ConfigUnits, NumbersAreShownInTheLargestWholeUnit) {
  EXPECT_EQ(format_duration(0), "0");
  EXPECT_EQ(format_duration(500), "500ms");
  EXPECT_EQ(format_duration(30'000), "30s");
  EXPECT_EQ(format_duration(90'000), "90s");
  EXPECT_EQ(format_duration(120'000), "2m");
  EXPECT_EQ(format_duration(86'400'000), "24h");
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1000), "1000 B");
  EXPECT_EQ(format_size(16 << 10), "16 KiB");
  EXPECT_EQ(format_size(16 << 20), "16 MiB");
  EXPECT_EQ(format_size(std::int64_t{4} << 30), "4 GiB");
}

TEST(ConfigText, WhatUsersGaveIsFitForALogLine) {
  EXPECT_EQ(quote("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(quote(std::string_view("a\0\n\x7f", 4)), R"("a\x00\x0a\x7f")");
  EXPECT_EQ(quote("ü"), "\"ü\"");
  EXPECT_EQ(quote("\xff\xc3"), R"("\xff\xc3")");
  EXPECT_EQ(quote(std::string(1000, 'x')), "\"" + std::string(80, 'x') + "…\"");
  EXPECT_EQ(quote_without_query("/a?token=secret"), "\"/a?…\"");
  // Bytes that only look like UTF-8: overlong, a surrogate, above U+10FFFF.
  EXPECT_EQ(quote("\xe0\x8f\x9d"), "\"\\xe0\\x8f\\x9d\"");
  EXPECT_EQ(quote("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\"");
  EXPECT_EQ(quote("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\"");
}

}  // namespace
}  // namespace ekws::config

#include "base/json_shape.h"

#include <gtest/gtest.h>

#include <string>

namespace ekws {
namespace {

constexpr bool kUtf8 = true;

/// Of a text that may be known to be UTF-8, both ways.
JsonShape json_shape(std::string_view text) {
  const JsonShape shape = shape_of(text, !kUtf8);
  EXPECT_EQ(shape_of(text, kUtf8), shape) << text;
  return shape;
}

TEST(JsonShape, OneObject) {
  for (const char* text : {"{}", R"({"a":1})", " \t\r\n{\"a\":[1,[2,{\"b\":null}]]} \n", R"({"a":"\u00e9 ä"})",
                           R"({"a\n\"\\\/\b\f\r\t":"\ud83d\ude00","\u0000":"\\"})"}) {
    EXPECT_EQ(json_shape(text), JsonShape::object) << text;
  }
}

TEST(JsonShape, AnArrayOfObjects) {
  for (const char* text : {"[{}]", R"([{"a":1},{"a":[[2]]}])", " [ {} , {} ]\n"}) {
    EXPECT_EQ(json_shape(text), JsonShape::objects) << text;
  }
}

TEST(JsonShape, WhatCannotBeJoined) {
  for (const char* text : {"",
                           " ",
                           "null",
                           "1",
                           R"("a")",
                           "true",
                           "[]",
                           "[1]",
                           "[{},1]",
                           "[[{}]]",
                           "[{},[]]",
                           "[null]",
                           "{",
                           "}",
                           "{}}",
                           "{},{}",
                           "{}{}",
                           "[{}",
                           "[{}]]",
                           "[{},]",
                           R"({"a":1,})",
                           R"({a:1})",
                           R"({'a':1})",
                           R"({"a":01})",
                           R"({"a":NaN})",
                           R"({"a":1e999})",
                           R"({"a":"\ud800"})",
                           R"({"a":"\ud800x"})",
                           R"({"a":"\ud800\ud800"})",
                           "{\"a\":\"\t\"}",
                           "\xEF\xBB\xBF{}",
                           "/**/{}"}) {
    EXPECT_EQ(json_shape(text), JsonShape::other) << text;
  }
}

TEST(JsonShape, WhatIsNoUtf8) {
  for (const char* text : {"{\"a\":\"\xff\"}", "{\"\xc0\xaf\":1}", "{\"a\":\"\xed\xa0\x80\"}"}) {
    EXPECT_EQ(shape_of(text, !kUtf8), JsonShape::other) << text;
  }
}

TEST(JsonShape, AZeroByteDoesNotEndTheText) {
  using namespace std::string_view_literals;
  for (const auto text : {"{}\0"sv, "{\"a\":1}\0}}"sv, "[{}]\0"sv, "{}\0 "sv, "{}\0{}"sv, "\0{}"sv, "{\0}"sv, "\0"sv}) {
    EXPECT_EQ(json_shape(text), JsonShape::other) << text;
  }
}

TEST(JsonShape, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(json_shape(nested(32)), JsonShape::object);
  EXPECT_EQ(json_shape(nested(33)), JsonShape::other);
  EXPECT_EQ(json_shape("[" + nested(31) + "]"), JsonShape::objects);
  EXPECT_EQ(json_shape(std::string(1'000'000, '[')), JsonShape::other);
}

}  // namespace
}  // namespace ekws

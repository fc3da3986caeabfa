// RFC 6455 section 9.1: the grammar of Sec-WebSocket-Extensions.
#include "net/extensions.h"

#include <gtest/gtest.h>

namespace ekws::net {
namespace {

/// The list written in one way: a;b=c,d
std::string normal(std::string_view header) {
  const auto all = parse_extensions(header);
  if (!all) return "malformed";
  std::string text;
  for (const Extension& each : *all) {
    if (!text.empty()) text += ",";
    text += each.name;
    for (const auto& [name, value] : each.parameters) text += ";" + name + (value ? "=" + *value : "");
  }
  return text;
}

TEST(Extensions, Section_9_1_Lists) {
  EXPECT_EQ(normal(""), "");
  EXPECT_EQ(normal("a"), "a");
  EXPECT_EQ(normal("a, b"), "a,b");
  EXPECT_EQ(normal("a;b;c=d , e ; f = g"), "a;b;c=d,e;f=g");
  EXPECT_EQ(normal("\ta\t;\tb\t"), "a;b");
  EXPECT_EQ(normal("a;b;b=1;b=2"), "a;b;b=1;b=2");
  EXPECT_EQ(normal("permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"),
            "permessage-deflate;client_max_window_bits,x-webkit-deflate-frame");
  // RFC 9110 section 5.6.1.2: a recipient ignores empty elements.
  EXPECT_EQ(normal(",,a, ,b,"), "a,b");
  EXPECT_EQ(normal(" , "), "");
}

TEST(Extensions, Section_9_1_QuotedValues) {
  EXPECT_EQ(normal(R"(a;b="10")"), "a;b=10");
  EXPECT_EQ(normal(R"(a;b="1\0"; c)"), "a;b=10;c");
  // Unquoted the value has to be a token.
  for (const char* header : {R"(a;b="")", R"(a;b="1 0")", R"(a;b="1,0")", R"(a;b="1\"0")", R"(a;b="10)", R"(a;b="10\)",
                             R"(a;b="1"0)", R"(a;b=10")", R"(a;"b"=1)", R"("a")"}) {
    EXPECT_EQ(normal(header), "malformed") << header;
  }
}

TEST(Extensions, Section_9_1_Malformed) {
  for (const char* header : {";", "a;", ";a", "a;;b", "a b", "a=b", "a;b=", "a;=b", "a;b c", "a;b=c=d", "a;b=c d",
                             "a/b", "a, (b)", "a;b=\x01", "\xc3\xa4"}) {
    EXPECT_EQ(normal(header), "malformed") << header;
  }
  EXPECT_EQ(normal(std::string_view("a\0b", 3)), "malformed");
}

}  // namespace
}  // namespace ekws::net

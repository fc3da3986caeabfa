#include "config/header.h"

#include <gtest/gtest.h>

#include "support.h"

namespace ekws::config {
namespace {

Headers read(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  EXPECT_FALSE(document.HasParseError()) << json;
  return read_headers(document);
}

std::string error(const std::string& json) {
  return test::error_of([&] { read(json); }).text;
}

TEST(ConfigHeader, ValuesAreTextsAndListsInTheirOrder) {
  const Headers want = {
      {"X-B", "1"}, {"x-a", "2"}, {"x-a", "3"}, {"Host", "other:1"}, {"Sec-WebSocket-Protocol", "mqtt"}};
  EXPECT_EQ(
      read(R"({"X-B":" 1 ","x-a":["2","3"],"Host":"other:1","Sec-WebSocket-Protocol":"mqtt","none":[],"null":null})"),
      want);
  EXPECT_EQ(read(R"({"a":"tab\tand ümlaut"})"), (Headers{{"a", "tab\tand ümlaut"}}));
}

TEST(ConfigHeader, WhatTheHandshakeSetsIsRefused) {
  for (const char* name : {"Upgrade", "connection", "Sec-WebSocket-Key", "sec-websocket-version",
                           "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Content-Length", "Transfer-Encoding"}) {
    EXPECT_EQ(error("{" + test::quoted(name) + R"(:"x"})"),
              "requestHeader: " + test::quoted(name) + " is not allowed; the handshake sets it itself");
  }
}

TEST(ConfigHeader, NamesAreTokens) {
  for (const char* name : {"", "a b", "a:", "ä", "a\r\nb"}) {
    EXPECT_NE(error("{" + test::quoted(name) + R"(:"x"})").find("must be a header name"), std::string::npos) << name;
  }
  EXPECT_EQ(error(R"({"a b":"x"})"),
            R"(requestHeader: the name "a b" is not allowed; it must be a header name (letters, digits and - for the )"
            "most part)");
}

TEST(ConfigHeader, ValuesCannotSmuggleLinesAndAreNeverShown) {
  for (const char* value : {R"("secret\r\nX: y")", R"("secret\n")", R"("se\u0000cret")", R"(["fine","secret\r"])"}) {
    const std::string text = error(std::string(R"({"Authorization":)") + value + "}");
    EXPECT_EQ(text, R"(requestHeader: the value of "Authorization" is not allowed; it must be text without control )"
                    "characters, such as line breaks");
  }
  for (const char* value : {"12345", "true", R"({"a":"secret"})", R"([["secret"]])"}) {
    EXPECT_EQ(error(std::string(R"({"Authorization":)") + value + "}"),
              R"(requestHeader: the value of "Authorization" is not allowed; it must be text or a list of texts)");
  }
  EXPECT_EQ(
      error(R"("secret")"),
      "requestHeader: the value given is not allowed; it must be an object of header names, each with a value or a "
      "list of values");
  EXPECT_EQ(error(R"(["secret"])").substr(0, 36), "requestHeader: a list is not allowed");
}

TEST(ConfigHeader, HostIsOneValue) {
  EXPECT_EQ(error(R"({"Host":["a","b"]})"), R"(requestHeader: a second "Host" is not allowed; it must be given once)");
  EXPECT_EQ(error(R"({"host":"a","Host":"b"})"),
            R"(requestHeader: a second "Host" is not allowed; it must be given once)");
  EXPECT_EQ(error(R"({"Host":""})"), R"(requestHeader: the value of "Host" is not allowed; it must be not empty)");
}

}  // namespace
}  // namespace ekws::config

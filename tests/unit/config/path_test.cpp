#include "config/path.h"

#include <gtest/gtest.h>

#include "support.h"

namespace ekws::config {
namespace {

std::string client_error(const std::string& path) {
  std::vector<std::string> warnings;
  return test::error_of([&] { client_target("DATASOURCE", path, warnings); }).text;
}

std::string server_error(const std::string& path) {
  std::vector<std::string> warnings;
  return test::error_of([&] { server_pattern("DATASOURCE", path, warnings); }).text;
}

std::string pattern(const std::string& path) {
  std::vector<std::string> warnings;
  const std::string result = server_pattern("path", path, warnings);
  EXPECT_TRUE(warnings.empty()) << path;
  return result;
}

TEST(ConfigPath, AClientEncodesWhatARequestLineCannotHold) {
  const std::pair<const char*, const char*> cases[] = {{"/api/data", "/api/data"},
                                                       {"/api/data/", "/api/data/"},
                                                       {"/a?x=1&y=/?", "/a?x=1&y=/?"},
                                                       {"/a b", "/a%20b"},
                                                       {"/a%20b", "/a%20b"},
                                                       {"/a%2fb", "/a%2fb"},
                                                       {"/\xc3\xbc", "/%C3%BC"},
                                                       {"/a?q= ", "/a?q=%20"},
                                                       {"/a\"<>{}|\\^`", "/a%22%3C%3E%7B%7D%7C%5C%5E%60"},
                                                       {"/a;b:c@d&e=f+g,$!*'()~", "/a;b:c@d&e=f+g,$!*'()~"}};
  std::vector<std::string> warnings;
  for (const auto& [path, target] : cases) EXPECT_EQ(client_target("path", path, warnings), target);
  EXPECT_TRUE(warnings.empty());
}

TEST(ConfigPath, AClientCutsTheFragment) {
  std::vector<std::string> warnings;
  EXPECT_EQ(client_target("path", "/a?token=secret#top", warnings), "/a?token=secret");
  EXPECT_EQ(client_target("path", "/a#b?c", warnings), "/a");
  EXPECT_EQ(
      warnings,
      (std::vector<std::string>{
          R"(path: what follows # in "/a?…" is ignored by a client; write %23 if the character itself is meant)",
          R"(path: what follows # in "/a#b?…" is ignored by a client; write %23 if the character itself is meant)"}));
}

TEST(ConfigPath, AClientRefusesWhatIsNoPath) {
  EXPECT_EQ(client_error("api/data"),
            R"(DATASOURCE: "api/data" is not allowed; it must be a path that starts with "/", such as /api/data)");
  EXPECT_EQ(
      client_error("/a\r\nX: y"),
      R"(DATASOURCE: "/a\x0d\x0aX: y" is not allowed; it must be a path that starts with "/", such as /api/data, )"
      "without control characters");
  for (const char* path : {"/a%", "/a%2", "/a%zz"}) {
    EXPECT_EQ(client_error(path), std::string("DATASOURCE: \"") + path +
                                      "\" is not allowed; it must be a path with two hexadecimal digits behind each %");
  }
}

TEST(ConfigPath, WhatFollowsTheQuestionMarkIsNotShown) {
  EXPECT_EQ(client_error("a?token=secret"),
            R"(DATASOURCE: "a?…" is not allowed; it must be a path that starts with "/", such as /api/data)");
  EXPECT_EQ(client_error("/a?token=secret%").find("secret"), std::string::npos);
}

TEST(ConfigPath, AServerTakesPatterns) {
  for (const char* path : {"/", "/api/data", "/api/data/", "/devices/{id}/data", "/{a}/{b-c_2}", "/d/{id:[0-9]{2,3}}",
                           "/f/{name:.+?}.json", "/{x:a:b}", "/a b", "/\xc3\xbc", "/a#b", "/50%", "/50%off",
                           "/{1}/{a.b}/{c d}", "/{\xe8\xae\xbe\xe5\xa4\x87}"}) {
    EXPECT_EQ(pattern(path), path);
  }
}

TEST(ConfigPath, AServerComparesDecodedPaths) {
  EXPECT_EQ(pattern("/a%20b%2Fc%3f%23"), "/a b/c?#");
  EXPECT_EQ(pattern("/{x:%41}"), "/{x:%41}");
  for (const char* path : {"/a%00", "/a%0a", "/%7Bid%7D"}) {
    EXPECT_EQ(server_error(path),
              std::string("DATASOURCE: \"") + path +
                  "\" is not allowed; it must be a path without control characters and without encoded braces");
  }
}

TEST(ConfigPath, AServerRefusesBrokenPatterns) {
  for (const char* path : {"/{a", "/a}", "/{a}}", "/{a{b}", "/a}{b"}) {
    EXPECT_EQ(server_error(path), std::string("DATASOURCE: \"") + path +
                                      "\" is not allowed; it must be a pattern whose braces are balanced");
  }
  for (const char* path : {"/{}", "/{:x}", "/{a{b}}"}) {
    EXPECT_EQ(server_error(path),
              std::string("DATASOURCE: \"") + path +
                  "\" is not allowed; it must be a pattern whose variables have names, such as {id} or {id:[0-9]+}");
  }
  EXPECT_EQ(server_error("/{a:}"),
            R"(DATASOURCE: "/{a:}" is not allowed; it must be a pattern with an expression behind the colon, such as )"
            "{id:[0-9]+}");
  EXPECT_EQ(server_error("/{a}/{a:x}"),
            R"(DATASOURCE: "/{a}/{a:x}" is not allowed; it must be a pattern that has each name once, but it has "a" )"
            "twice");
  EXPECT_EQ(server_error("a"),
            R"(DATASOURCE: "a" is not allowed; it must be a path that starts with "/", such as /api/data)");
  EXPECT_NE(server_error("/a\n"), "");
}

TEST(ConfigPath, AServerCutsTheQuery) {
  std::vector<std::string> warnings;
  EXPECT_EQ(server_pattern("DATASOURCE", "/a?token=secret", warnings), "/a");
  EXPECT_EQ(warnings, std::vector<std::string>{
                          R"(DATASOURCE: the query in "/a?…" is ignored by a server, which takes every query)"});
}

}  // namespace
}  // namespace ekws::config

// The group `default` of websocket.yaml: what the host has laid under the properties, and what it has not.
#include <gmock/gmock.h>

#include "support.h"
#include "support/certificates.h"

namespace ekws::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConfigDefaultGroup : public ::testing::Test {
 protected:
  /// As a rule gives it: the host has merged.
  Config rule(const std::string& props, const std::string& groups) const { return parsed(props, groups, ""); }
  /// As a connectivity check does: what the form holds.
  Config check(const std::string& props, const std::string& groups) const {
    return parsed(props, groups, R"(,"mergeDefault":true)");
  }
  std::string file() const { return folder_.path("websocket.yaml"); }

 private:
  Config parsed(const std::string& props, const std::string& groups, const std::string& more) const {
    folder_.write("websocket.yaml", groups);
    folder_.write("kuiper.yaml", "source: {httpServerIp: 192.0.2.9, httpServerPort: 10091}\n");
    return test::parse_text(test::document(R"({"datasource":"/a")" + (props.empty() ? "" : "," + props) + "}",
                                           R"("kuiperYaml":)" + test::quoted(folder_.path("kuiper.yaml")) +
                                               R"(,"websocketYaml":)" + test::quoted(file()) + more));
  }

  const ekws::test::Folder folder_;
};

constexpr const char* kInstalled =
    "default:\n  httpServerIp: 127.0.0.1\n  httpServerPort: 10081\n  httpServerTls:\n    certfile: /d.crt\n"
    "    keyfile: /d.key\n  maxConnections: 7\n";

TEST_F(ConfigDefaultGroup, ACheckFindsWhereTheServerListens) {
  const Config config = check("", kInstalled);
  EXPECT_EQ(config.listen.ip, "127.0.0.1");
  EXPECT_EQ(config.listen.port, 10081);
  EXPECT_EQ(config.listen.origin, ListenOrigin::group);
  ASSERT_TRUE(config.listen.tls);
  EXPECT_EQ(config.listen.tls->certificate.path, "/d.crt");
  EXPECT_EQ(config.listen.max_connections, 7U);
  EXPECT_EQ(config.listen.data_server_port, 10091);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(ConfigDefaultGroup, ANameThatIsThereTwiceIsTold) {
  const auto told = [&](const std::string& groups) { return rule("", groups).warnings; };
  EXPECT_THAT(
      told("default:\n  a: 1\n  b: 2\n  a: 3\n"),
      ElementsAre(file() + " has a in line 4 a second time: eKuiper then takes nothing from this file; remove one"));
  EXPECT_THAT(told("default: {}\nmine: {}\nmine: {}\n"), ElementsAre(HasSubstr("has mine in line 3 a second time")));
  EXPECT_THAT(told("default:\n  tls: {a: 1, \"a\": 2}\n"), ElementsAre(HasSubstr("has a in line 2 a second time")));
  EXPECT_THAT(told("default: {a: 1, A: 2}\nmine: {a: 1, b: [a, a, {a: 1}]}\n"), IsEmpty());
  EXPECT_THAT(told(""), IsEmpty());
}

TEST_F(ConfigDefaultGroup, WhatTheFormHoldsComesFirst) {
  const Config config = check(R"("HTTPSERVERPORT":"10500","httpServerTls":"none","maxConnections":8)", kInstalled);
  EXPECT_EQ(config.listen.ip, "127.0.0.1");
  EXPECT_EQ(config.listen.port, 10500);
  EXPECT_FALSE(config.listen.tls);
  EXPECT_EQ(config.listen.max_connections, 8U);
  EXPECT_THAT(config.warnings, IsEmpty());
}

// As in the host: a key that is there counts, even if its value is empty; so addr decides for the server.
TEST_F(ConfigDefaultGroup, AnEmptyValueTakesItsPlaceAsInTheHost) {
  const char* groups =
      "DEFAULT:\n  addr: h:1\n  requestHeader:\n    X-A: [\"1\", two]\n  scheme: WSS\n  pingInterval: 70\n";
  const Config client = check(R"("scheme":"")", groups);
  EXPECT_EQ(client.role, Role::client);
  EXPECT_EQ(client.dial.host, "h");
  EXPECT_FALSE(client.dial.tls);
  EXPECT_THAT(client.dial.headers, ElementsAre(::testing::Pair("X-A", "1"), ::testing::Pair("X-A", "two")));
  EXPECT_EQ(client.limits.ping_interval, Millis(70));
  EXPECT_EQ(check(R"("Addr":"")", groups).role, Role::server);
}

// What takes the place of an address that a form has sent empty is else that of the host's own data server.
TEST_F(ConfigDefaultGroup, AnEmptyAddressIsLeftOutEverywhere) {
  const char* empty = R"("httpServerIp":"","httpserverport":null,"httpServerTls":{"certfile":"","keyfile":""})";
  for (const Config& config : {rule(empty, kInstalled), check(empty, kInstalled)}) {
    EXPECT_EQ(config.listen.ip, "127.0.0.1");
    EXPECT_EQ(config.listen.port, 10081);
    ASSERT_TRUE(config.listen.tls);
    EXPECT_EQ(config.listen.tls->key.path, "/d.key");
  }
  EXPECT_EQ(rule(R"("httpServerPort":"","HTTPSERVERPORT":10500)", kInstalled).listen.port, 10500);
}

TEST_F(ConfigDefaultGroup, OfARuleTheHostHasMergedTheRest) {
  const Config config = rule("", "default:\n  addr: h:1\n  maxConnections: 7\n");
  EXPECT_EQ(config.role, Role::server);
  EXPECT_EQ(config.listen.max_connections, 10'000U);
  EXPECT_EQ(config.listen.port, 10091);
}

TEST_F(ConfigDefaultGroup, TheEnvironmentComesBeforeTheFile) {
  const auto with_environment = [&](const std::string& props, const char* more) {
    check("", kInstalled);  // writes the file
    return test::parse_text(test::document(R"({"datasource":"/a")" + props + "}",
                                           R"("websocketYaml":)" + test::quoted(file()) + "," + more));
  };
  const char* environment = R"("mergeDefault":true,"defaultGroup":{"httpserverport":"10300","maxconnections":"9"})";
  EXPECT_EQ(with_environment("", environment).listen.port, 10300);
  EXPECT_EQ(with_environment("", environment).listen.max_connections, 9U);
  EXPECT_EQ(with_environment("", environment).listen.ip, "127.0.0.1");
  EXPECT_EQ(with_environment(R"(,"httpServerPort":"")", R"("defaultGroup":{"httpserverport":"10300"})").listen.port,
            10300);
  EXPECT_EQ(with_environment(R"(,"httpServerPort":10500)", environment).listen.port, 10500);
}

TEST_F(ConfigDefaultGroup, ThePathIsTheStreams) {
  EXPECT_EQ(check("", "default: {datasource: /other}\n").listen.path, "/a");
}

TEST_F(ConfigDefaultGroup, NoneOrAnEmptyOneIsFine) {
  for (const char* groups : {"", "plant:\n  addr: h:1\n", "default:\n", "default: text\n", "- a\n", "default: [1]\n"}) {
    const Config config = check("", groups);
    EXPECT_EQ(config.role, Role::server) << groups;
    EXPECT_EQ(config.listen.port, 10091) << groups;
    EXPECT_THAT(config.warnings, IsEmpty()) << groups;
  }
}

TEST_F(ConfigDefaultGroup, MistakesInItAreTold) {
  EXPECT_EQ(test::error_of([&] { check("", "default: {httpServerPort: 70000}\n"); }).text,
            R"(httpServerPort: "70000" is not allowed; it must be an integer from 1 to 65535)");
  EXPECT_THAT(check("", "default: {httpServerPrt: 5}\n").warnings,
              ElementsAre(R"(unknown property "httpServerPrt" is ignored; did you mean httpServerPort?)"));
  EXPECT_THAT(check("", "default:\n\tx: 1\n").warnings,
              ElementsAre(HasSubstr("cannot read " + file() + ": it is not YAML: ")));
}

// Aliases make a small file unfold without end.
TEST_F(ConfigDefaultGroup, IsBounded) {
  std::string bomb = "x0: &x0 [a]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string last = "*x" + std::to_string(i - 1);
    bomb += "x" + std::to_string(i) + ": &x" + std::to_string(i) + " [" + last;
    for (int n = 0; n < 50; ++n) bomb += ", " + last;
    bomb += "]\n";
  }
  for (const std::string& groups : {bomb + "default: {requestHeader: {X: *x7}}\n",
                                    "default: {requestHeader: " + std::string(100, '[') + std::string(100, ']') + "}\n",
                                    std::string("default: &d {requestHeader: {X: *d}}\n")}) {
    EXPECT_THAT(check("", groups).warnings,
                ElementsAre("cannot read " + file() + ": its group \"default\" is larger than any group can be"));
  }
}

}  // namespace
}  // namespace ekws::config

#include <gtest/gtest.h>

#include "config/host_keys.h"
#include "support.h"

namespace ekws::config {
namespace {

using test::error_of;
using test::parse_props;
using test::parse_text;
using test::text_of;

using Texts = std::vector<std::string>;

TEST(ConfigParse, AddrDecidesTheRole) {
  EXPECT_EQ(parse_props("").role, Role::server);
  for (const char* addr : {R"("addr":"")", R"("addr":" ")", R"("addr":null)"}) {
    EXPECT_EQ(parse_props(addr).role, Role::server) << addr;
  }
  const Config config = parse_props(R"("ADDR":"127.0.0.1:8080")");
  EXPECT_EQ(config.role, Role::client);
  EXPECT_EQ(config.dial.host, "127.0.0.1");
  EXPECT_EQ(config.dial.port, 8080);
  EXPECT_EQ(config.dial.target, "/a");
  EXPECT_FALSE(config.dial.tls);
  EXPECT_TRUE(config.dial.headers.empty());
  EXPECT_EQ(text_of(R"("addr":8080)"), "addr: 8080 is not allowed; it must be text");
  EXPECT_EQ(text_of(R"("addr":["h:1"])"), "addr: a list is not allowed; it must be text");
}

TEST(ConfigParse, TheSchemeGivesThePort) {
  EXPECT_EQ(parse_props(R"("addr":"h")").dial.port, 80);
  EXPECT_EQ(parse_props(R"("addr":"ws://h","scheme":"WS")").dial.port, 80);
  EXPECT_EQ(parse_props(R"("addr":"h:","scheme":"ws")").dial.port, 80);
  EXPECT_EQ(parse_props(R"("addr":"h","scheme":"wss")").dial.port, 443);
  EXPECT_EQ(parse_props(R"("addr":"wss://h")").dial.port, 443);
  EXPECT_EQ(text_of(R"("addr":"h","scheme":"http")"), R"(scheme: "http" is not allowed; it must be one of ws, wss)");
  EXPECT_EQ(text_of(R"("addr":"ws://h","scheme":"wss")"),
            R"(scheme: "wss" is not allowed; it must be what addr says: ws)");
}

TEST(ConfigParse, ThePathIsDatasourceElsePathElseThatOfAddr) {
  const auto target = [](const std::string& props) { return parse_text(test::document(props)).dial.target; };
  EXPECT_EQ(target(R"({"addr":"h","datasource":"/d?x=1"})"), "/d?x=1");
  EXPECT_EQ(target(R"({"addr":"h","DataSource":" /d "})"), "/d");
  EXPECT_EQ(target(R"({"addr":"h","datasource":"","path":"/p"})"), "/p");
  EXPECT_EQ(target(R"({"addr":"ws://h/base?x=1"})"), "/base?x=1");
  EXPECT_EQ(target(R"({"addr":"h/","path":"/p"})"), "/p");
  EXPECT_EQ(parse_text(test::document(R"({"path":"/p/{id}"})")).listen.path, "/p/{id}");
}

TEST(ConfigParse, TwoPathsAreToldApart) {
  EXPECT_EQ(text_of(R"("addr":"ws://h/base?token=x")"),
            R"(addr: the path "/base?…" is not allowed; it must be left out: the path is that of DATASOURCE, "/a")");
  EXPECT_TRUE(parse_props(R"("path":"/a")").warnings.empty());
}

TEST(ConfigParse, AClientTakesThePropertyAndAServerTheDatasource) {
  const Config server = parse_props(R"("path":"/p?token=secret")");
  EXPECT_EQ(server.listen.path, "/a");
  EXPECT_EQ(server.warnings, Texts{R"(path "/p?…" is ignored: DATASOURCE "/a" comes first in server mode)"});
  const Config client = parse_props(R"("addr":"h","path":"/p")");
  EXPECT_EQ(client.dial.target, "/p");
  EXPECT_EQ(client.warnings, Texts{R"(DATASOURCE "/a" is ignored: path "/p" comes first in client mode)"});
  EXPECT_EQ(parse_props(R"("addr":"h","path":"p")").dial.target, "/p");
}

TEST(ConfigParse, APathHasToBeThere) {
  for (const char* props : {"{}", R"({"datasource":""})", R"({"addr":"h:1","path":null})", R"({"addr":"ws://h/"})"}) {
    const Error error = error_of([&] { parse_text(test::document(props)); });
    EXPECT_EQ(error.code, EKWS_E_CONFIG_VALUE);
    EXPECT_EQ(error.text, "DATASOURCE: a path is needed, such as /api/data, here or in the property path");
  }
  EXPECT_EQ(error_of([] { parse_text(test::document(R"({"path":"p"})")); }).text,
            R"(path: "p" is not allowed; it must be a path that starts with "/", such as /api/data)");
  EXPECT_EQ(error_of([] { parse_text(test::document(R"({"datasource":5})")); }).text,
            "DATASOURCE: the value given is not allowed; it must be a path, such as /api/data");
}

TEST(ConfigParse, AProbeMayGoWithoutAPath) {
  const std::string probe = R"("probeAnyStatus":true)";
  Config config = parse_text(test::document(R"({"addr":"h:1"})", probe));
  EXPECT_TRUE(config.probe_any_status);
  EXPECT_EQ(config.dial.target, "/");
  config = parse_text(test::document("{}", probe));
  EXPECT_EQ(config.listen.path, "/");
  config = parse_text(test::document(R"({"addr":"h:1","path":"/p"})", probe));
  EXPECT_EQ(config.dial.target, "/p");
  EXPECT_FALSE(parse_props("").probe_any_status);
}

TEST(ConfigParse, HeadersReachTheClient) {
  const Config config = parse_props(R"("addr":"h","requestHeader":{"Authorization":"Bearer x","X":["1","2"]})");
  const std::vector<std::pair<std::string, std::string>> want = {{"Authorization", "Bearer x"}, {"X", "1"}, {"X", "2"}};
  EXPECT_EQ(config.dial.headers, want);
  EXPECT_EQ(text_of(R"("addr":"h","requestHeader":{"Upgrade":"x"})"),
            R"(requestHeader: "Upgrade" is not allowed; the handshake sets it itself)");
}

TEST(ConfigParse, ReconnectTimesHaveAnOrder) {
  EXPECT_EQ(text_of(R"("addr":"h","reconnectInitial":"1m")"),
            "reconnectInitial: 1m is not allowed; it must be at most reconnectMax, which is 30s");
  EXPECT_EQ(text_of(R"("addr":"h","reconnectMax":100)"),
            "reconnectMax: 100ms is not allowed; it must be at least reconnectInitial, which is 500ms");
  EXPECT_EQ(text_of(R"("addr":"h","reconnectMax":100,"reconnectInitial":200)"),
            "reconnectInitial: 200ms is not allowed; it must be at most reconnectMax, which is 100ms");
  EXPECT_EQ(text_of(R"("addr":"h","reconnectMax":100,"reconnectInitial":100)"), "");
}

TEST(ConfigParse, ABadValueFailsInWhateverMode) {
  EXPECT_EQ(text_of(R"("connectTimeout":"soon")"),
            R"(connectTimeout: "soon" is not allowed; it must be a duration from 10ms to 10m (such as 500ms, 30s or )"
            "1m30s, or a number of milliseconds)");
  EXPECT_EQ(text_of(R"("addr":"h","httpServerPort":70000)"),
            "httpServerPort: 70000 is not allowed; it must be an integer from 1 to 65535");
  EXPECT_EQ(text_of(R"("connectionSelector":1)"), "connectionSelector: 1 is not allowed; it must be text");
}

TEST(ConfigParse, WhatTheHostAddsIsNoNews) {
  const Config config = parse_props(
      R"("format":"json","key":"","schemaId":"","delimiter":"","retainSize":0,"strictValidation":false,"timestamp":"",)"
      R"("timestampFormat":"","decompression":"gzip","interval":"1s","payloadFormat":"json","merger":"x",)"
      R"("mergeField":"id","sendInterval":"1s","fields":["a"],"hasHeader":true,"colAliasMapping":{},)"
      R"("useInt64ForWholeNumber":true)");
  EXPECT_EQ(config.warnings, Texts{});
}

TEST(ConfigParse, AConnectionWithoutAnAddressIsNews) {
  EXPECT_EQ(
      parse_props(R"("connectionSelector":"plant")").warnings,
      Texts{R"(connectionSelector: no addr came with the connection "plant", so this stream is a server; eKuiper )"
            "looks for the connection only where its name stands in a config group, not in EXTRA"});
  EXPECT_EQ(parse_props(R"("connectionSelector":"plant","addr":"h")").warnings, Texts{});
  EXPECT_EQ(parse_props(R"("connectionSelector":"")").warnings, Texts{});
}

TEST(ConfigParse, UnknownPropertiesAreNamedWithTheNearestKnown) {
  EXPECT_EQ(parse_props(R"("pingIntervall":"1s")").warnings,
            Texts{R"(unknown property "pingIntervall" is ignored; did you mean pingInterval?)"});
  EXPECT_EQ(parse_props(R"("colour":"red")").warnings, Texts{R"(unknown property "colour" is ignored)"});
  EXPECT_EQ(parse_props(R"("a\nb":{"x":[1]})").warnings, Texts{R"(unknown property "a\x0ab" is ignored)"});
}

TEST(ConfigParse, NearMeansNear) {
  const std::pair<const char*, const char*> cases[] = {{"adr", "addr"},
                                                       {"addres", "addr"},
                                                       {"rdad", ""},
                                                       {"httpServerProt", "httpServerPort"},
                                                       {"requestHeaders", "requestHeader"},
                                                       {"MAXMESSAGEBYTE", "maxMessageBytes"},
                                                       {"formt", "format"},
                                                       {"ws", ""},
                                                       {"", ""},
                                                       {"adress", "addr"},
                                                       {"host", "addr"},
                                                       {"server", "addr"},
                                                       {"URL", "addr"},
                                                       {"timeout", ""}};
  for (const auto& [name, nearest] : cases) EXPECT_EQ(nearest_known(name), nearest) << name;
  EXPECT_EQ(nearest_known(std::string(100'000, 'a')), "");
}

// From the host's websocket.yaml all come in the table's.
TEST(ConfigParse, TheSpellingThatIsNotOfTheTableIsTheLaterLayers) {
  for (const char* props : {R"("httpserverport":2,"httpServerPort":1)", R"("httpServerPort":1,"httpserverport":2)"}) {
    const Config config = parse_props(props);
    EXPECT_EQ(config.listen.port, 2);
    EXPECT_EQ(config.warnings,
              Texts{R"(property httpServerPort is given twice; the one written "httpServerPort" is ignored)"});
  }
  EXPECT_TRUE(parse_props(R"("httpserverport":2,"httpServerPort":2)").warnings.empty());
  for (const char* props :
       {R"("datasource":"/own","DATASOURCE":"/group")", R"("DATASOURCE":"/group","datasource":"/own")"}) {
    EXPECT_EQ(parse_props(props).listen.path, "/own") << "the stream's, which the host sets last";
  }
  EXPECT_EQ(parse_props(R"("httpserverport":3,"httpServerPort":"")").listen.port, 3);
}

TEST(ConfigParse, TheFrameIsCheckedStrictly) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "The document is empty. (byte 0)"},
      {"{", "Missing a name for object member. (byte 1)"},
      {"[]", "it has to be a JSON object"},
      {"{}", "\"props\" is missing"},
      {R"({"props":[]})", "\"props\" has to be an object"},
      {R"({"props":{},"label":1})", "\"label\" has to be a string"},
      {R"({"props":{},"root":null})", "\"root\" has to be a string"},
      {R"({"props":{},"kuiperYaml":{}})", "\"kuiperYaml\" has to be a string"},
      {R"({"props":{},"websocketYaml":1})", "\"websocketYaml\" has to be a string"},
      {R"({"props":{},"dataServerPort":1})", "\"dataServerPort\" has to be a string"},
      {R"({"props":{},"mergeDefault":1})", "\"mergeDefault\" has to be true or false"},
      {R"({"props":{},"defaultGroup":[]})", "\"defaultGroup\" has to be an object"},
      {R"({"props":{},"probeAnyStatus":"true"})", "\"probeAnyStatus\" has to be true or false"},
      {R"({"props":{},"Label":"x"})", "unknown key \"Label\""},
      {"{\"props\":{\"addr\":\"\xff\"}}", "Invalid encoding in string. (byte 18)"},
      {R"({"props":{"x":)" + std::string(40, '[') + std::string(40, ']') + "}}", "it nests deeper than 32 levels"},
      {R"({"props":{"x":)" + std::string(1'000'000, '['), "Invalid value. (byte 1000014)"}};
  for (const auto& [text, what] : cases) {
    const std::string document = text;
    const Error error = error_of([&] { parse_text(document); });
    EXPECT_EQ(error.code, EKWS_E_CONFIG_SYNTAX) << text.substr(0, 80);
    EXPECT_EQ(error.text, "the configuration is not what the plugin expects: " + what) << text.substr(0, 80);
  }
  EXPECT_EQ(parse_text(test::document(R"({"datasource":"/a"})", R"("label":"rule r1","root":"/x")")).label, "rule r1");
}

TEST(ConfigParse, BracketsInTextsDoNotNest) {
  EXPECT_TRUE(parse_props(R"("format":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[")").warnings.empty());
}

}  // namespace
}  // namespace ekws::config

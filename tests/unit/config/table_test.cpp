// Runs over the table, so that a row nobody wrote a test for fails here.
#include "config/table.h"

#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <map>
#include <set>

#include "config/text.h"
#include "config/units.h"
#include "support.h"

namespace ekws::config {
namespace {

using test::parse_props;
using test::text_of;

/// Where the number of a row ends up, and what else has to be given for its bounds to be legal.
struct Field {
  std::function<std::int64_t(const Config&)> get;
  std::string beside = "";
};

std::int64_t whole(std::uint64_t number) { return static_cast<std::int64_t>(number); }

const std::map<std::string, Field>& fields() {
  static const std::map<std::string, Field> kFields = {
      {"httpServerPort", {[](const Config& c) { return c.listen.port; }}},
      {"maxConnections", {[](const Config& c) { return whole(c.listen.max_connections); }}},
      {"maxConnectionsPerIp", {[](const Config& c) { return whole(c.listen.max_connections_per_ip); }}},
      {"maxBufferedBytes", {[](const Config& c) { return whole(c.listen.max_buffered_bytes); }}},
      {"maxFragments", {[](const Config& c) { return whole(c.limits.max_fragments); }}},
      {"fragmentTimeout", {[](const Config& c) { return c.limits.fragment_timeout.count(); }}},
      {"idleTimeout", {[](const Config& c) { return c.limits.idle_timeout.count(); }}},
      {"maxMessageBytes", {[](const Config& c) { return whole(c.limits.max_message_bytes); }}},
      {"compressionWindowBits",
       {[](const Config& c) { return c.limits.compression.window_bits; }, R"("compression":true)"}},
      {"queueBytes", {[](const Config& c) { return whole(c.queue.bytes); }}},
      {"queueMessages", {[](const Config& c) { return whole(c.queue.messages); }}},
      {"handshakeTimeout", {[](const Config& c) { return c.limits.handshake_timeout.count(); }}},
      {"closeTimeout", {[](const Config& c) { return c.limits.close_timeout.count(); }}},
      {"pingInterval", {[](const Config& c) { return c.limits.ping_interval.count(); }}},
      {"pongTimeout", {[](const Config& c) { return c.limits.pong_timeout.count(); }}},
      {"connectTimeout", {[](const Config& c) { return c.dial.connect_timeout.count(); }}},
      {"reconnectInitial",
       {[](const Config& c) { return c.dial.reconnect_initial.count(); }, R"("reconnectMax":"24h")"}},
      {"reconnectMax", {[](const Config& c) { return c.dial.reconnect_max.count(); }, R"("reconnectInitial":10)"}},
      {"reconnectStable", {[](const Config& c) { return c.dial.reconnect_stable.count(); }}},
  };
  return kFields;
}

bool has_bounds(const Property& row) {
  return row.type == Type::integer || row.type == Type::size || row.type == Type::duration;
}

/// Properties for a subscription that reads the row: `value` is JSON.
std::string props(const Property& row, const std::string& value) {
  std::string text = row.side == Side::client ? R"("addr":"h:1",)" : "";
  const auto field = fields().find(row.name);
  if (field != fields().end() && !field->second.beside.empty()) text += field->second.beside + ",";
  return text + test::quoted(row.name) + ":" + value;
}

TEST(ConfigTable, BoundsHoldAndArriveWhereTheyBelong) {
  for (const auto& row : table()) {
    if (!has_bounds(row)) continue;
    SCOPED_TRACE(row.name);
    const auto field = fields().find(row.name);
    ASSERT_NE(field, fields().end()) << "a row with bounds needs an entry in fields()";
    for (const std::int64_t number : {row.min, row.max, row.number}) {
      EXPECT_EQ(field->second.get(parse_props(props(row, std::to_string(number)))), number);
      EXPECT_EQ(field->second.get(parse_props(props(row, test::quoted(std::to_string(number))))), number);
      EXPECT_EQ(field->second.get(parse_props(props(row, test::quoted(format_number(row, number))))), number);
      EXPECT_EQ(field->second.get(parse_props(props(row, std::to_string(number) + ".0"))), number);
    }
    for (const std::int64_t number : {row.min - 1, row.max + 1, std::int64_t{-1}}) {
      if (row.zero_is_off && number == 0) continue;
      EXPECT_EQ(text_of(props(row, std::to_string(number))),
                row.name + (": " + std::to_string(number)) + " is not allowed; it must be " + allowed(row));
    }
    for (const char* value : {"1.5", "true", "[1]", R"({"a":1})", R"("many")", "1e300"}) {
      EXPECT_NE(text_of(props(row, value)), "") << value;
    }
    if (row.zero_is_off) {
      EXPECT_EQ(field->second.get(parse_props(props(row, "0"))), 0);
    }
  }
}

TEST(ConfigTable, WhatIsLeftOutHasTheDefault) {
  for (const auto& row : table()) {
    if (!has_bounds(row)) continue;
    for (const char* value : {"null", R"("")", R"("  ")", "{}", "[]", "[null]"}) {
      EXPECT_EQ(fields().at(row.name).get(parse_props(props(row, value))), row.number) << row.name << " " << value;
    }
  }
}

TEST(ConfigTable, DefaultsAreThoseOfTheDesign) {
  const std::map<std::string, std::string> design = {{"maxMessageBytes", "16 MiB"}, {"queueBytes", "16 MiB"},
                                                     {"queueMessages", "65536"},    {"maxConnections", "10000"},
                                                     {"closeTimeout", "500ms"},     {"pingInterval", "30s"},
                                                     {"pongTimeout", "10s"},        {"handshakeTimeout", "5s"},
                                                     {"connectTimeout", "10s"},     {"reconnectMax", "30s"},
                                                     {"reconnectInitial", "500ms"}, {"reconnectStable", "10s"},
                                                     {"httpServerPort", "10081"},   {"compressionWindowBits", "15"},
                                                     {"maxConnectionsPerIp", "0"},  {"maxBufferedBytes", "256 MiB"},
                                                     {"maxFragments", "65536"},     {"fragmentTimeout", "1m"},
                                                     {"idleTimeout", "0"}};
  for (const auto& row : table()) {
    if (!has_bounds(row)) continue;
    ASSERT_EQ(design.count(row.name), 1U) << row.name;
    EXPECT_EQ(format_number(row, row.number), design.at(row.name)) << row.name;
  }
}

TEST(ConfigTable, RowsWithoutBoundsHaveTestsOfTheirOwn) {
  // parse_test, address_test, path_test, header_test, listen_test, tls_test: add the name when the test is there.
  const std::set<std::string> tested = {"connectionSelector",
                                        "batch",
                                        "addr",
                                        "scheme",
                                        "path",
                                        "requestHeader",
                                        "compression",
                                        "requestHeaderFile",
                                        "httpServerIp",
                                        "certificationPath",
                                        "privateKeyPath",
                                        "rootCaPath",
                                        "certificationRaw",
                                        "privateKeyRaw",
                                        "rootCARaw",
                                        "insecureSkipVerify",
                                        "serverName",
                                        "privateKeyPassword",
                                        "privateKeyPasswordFile",
                                        "tlsMinVersion",
                                        "ciphers",
                                        "renegotiationSupport",
                                        "tls",
                                        "httpServerTls",
                                        "clientCaFile",
                                        "clientAuth"};
  for (const auto& row : table()) {
    if (!has_bounds(row) && !row.unsupported) {
      EXPECT_EQ(tested.count(row.name), 1U) << row.name;
    }
  }
}

TEST(ConfigTable, WhatIsNotSupportedIsRefusedUnlessEmpty) {
  int rows = 0;
  for (const auto& row : table()) {
    if (!row.unsupported) continue;
    ++rows;
    SCOPED_TRACE(row.name);
    ASSERT_EQ(row.type, Type::map);
    EXPECT_EQ(text_of(props(row, R"({"k":"v"})")),
              std::string(row.name) + ": it is not supported; leave it out or empty. " + row.hint.en);
    for (const char* empty : {"null", R"("")", "{}", R"({"k":"","l":[]})"}) {
      EXPECT_EQ(parse_props(props(row, empty)).warnings.size(), 0U) << empty;
    }
  }
  EXPECT_EQ(rows, 1);
}

TEST(ConfigTable, ACertificateForTheOtherModeIsWarnedOf) {
  const auto server = parse_props(R"("certificationPath":"/c.crt","insecureSkipVerify":false)");
  EXPECT_EQ(server.warnings, std::vector<std::string>{"certificationPath is ignored by a server (addr is empty); its "
                                                      "certificate is httpServerTls"});
  const auto client = parse_props(R"("addr":"h","httpServerTls":{"certfile":"/c"})");
  EXPECT_EQ(client.warnings, std::vector<std::string>{"httpServerTls is ignored by a client (addr is given)"});
}

TEST(ConfigTable, RowsAreComplete) {
  std::set<std::string> names;
  for (const auto& row : table()) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(names.insert(lower(row.name)).second) << "names differ in more than case";
    EXPECT_EQ(find_property(lower(row.name)), &row);
    for (const char* text : {row.label.en, row.label.zh, row.hint.en, row.hint.zh}) {
      EXPECT_STRNE(text, "");
      EXPECT_EQ(std::string(text).find_first_of("\n|"), std::string::npos) << "goes into one line of a table";
    }
    EXPECT_EQ(row.type == Type::choice, row.choices[0] != nullptr);
    if (has_bounds(row)) {
      EXPECT_LT(row.min, row.max);
      EXPECT_TRUE(row.min <= row.number || (row.number == 0 && row.zero_is_off));
      EXPECT_GE(row.max, row.number);
    }
  }
}

TEST(ConfigTable, LabelsAreThoseOfThePage) {
  const std::pair<const char*, const char*> page[] = {{"addr", "Websocket Address"},
                                                      {"certificationPath", "Client Certificate"},
                                                      {"privateKeyPath", "Client Private Key"},
                                                      {"rootCaPath", "CA File"},
                                                      {"insecureSkipVerify", "Skip Certificate Verification"}};
  for (const auto& [name, label] : page) EXPECT_STREQ(find_property(name)->label.en, label);
}

TEST(ConfigTable, WhatIsAllowedIsSaidInWords) {
  EXPECT_EQ(allowed(*find_property("httpServerPort")), "an integer from 1 to 65535");
  EXPECT_EQ(allowed(*find_property("maxMessageBytes")),
            "a size from 1 B to 1 GiB (bytes, or a number with KiB, MiB or GiB)");
  EXPECT_EQ(allowed(*find_property("pingInterval")),
            "0 (off) or a duration from 10ms to 24h (such as 500ms, 30s or 1m30s, or a number of milliseconds)");
  EXPECT_EQ(allowed(*find_property("scheme")), "one of ws, wss");
  EXPECT_EQ(allowed(*find_property("insecureSkipVerify")), "true or false");
}

}  // namespace
}  // namespace ekws::config

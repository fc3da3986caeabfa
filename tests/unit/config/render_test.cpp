// What the generated files state is what the parser does.
#include "config/render.h"

#include <gtest/gtest.h>
#include <rapidjson/prettywriter.h>
#include <yaml.h>

#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "config/table.h"
#include "support.h"

namespace ekws::config {
namespace {

using test::dump;
using test::parse_props;

std::string to_json(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

rapidjson::Document rendered_json() {
  const std::string text = render_json();
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError());
  return document;
}

/// `name` given as `value` must be the same as not given, in both roles.
void expect_default(const std::string& name, const std::string& value) {
  for (const char* role : {R"("connectionSelector":"")", R"("addr":"h:1")"}) {
    if (name == "addr" && std::string(role).find("addr") != std::string::npos) continue;
    const std::string bare = role;
    EXPECT_EQ(dump(parse_props(bare + "," + test::quoted(name) + ":" + value)), dump(parse_props(bare))) << name;
  }
}

TEST(ConfigRender, JsonHasTheShapeThatTheHostReads) {
  const auto document = rendered_json();
  for (const char* key : {"about", "libs", "dataSource", "properties", "node"}) EXPECT_TRUE(document.HasMember(key));
  EXPECT_TRUE(document["about"]["description"].HasMember("zh_CN"));
  ASSERT_TRUE(document["properties"].IsObject()) << "with a list here the host does not read websocket.yaml";
  const auto& list = document["properties"]["default"];
  ASSERT_TRUE(list.IsArray());
  ASSERT_EQ(static_cast<std::ptrdiff_t>(list.Size()), table().end() - table().begin());
  const Property* row = table().begin();
  for (const auto& each : list.GetArray()) {
    SCOPED_TRACE(row->name);
    EXPECT_STREQ(each["name"].GetString(), row->name);
    EXPECT_TRUE(each["optional"].GetBool());
    EXPECT_STREQ(each["label"]["en_US"].GetString(), row->label.en);
    EXPECT_STREQ(each["label"]["zh_CN"].GetString(), row->label.zh);
    EXPECT_STREQ(each["hint"]["en_US"].GetString(), row->hint.en);
    EXPECT_EQ(each.HasMember("connection_related"), row->connection);
    EXPECT_EQ(each.HasMember("values"), row->control == Control::select);
    EXPECT_EQ(std::set<std::string>({"string", "bool", "int", "object"}).count(each["type"].GetString()), 1U);
    // The host takes the names inside a default that is not empty for further properties, and not the property's own.
    if (each.HasMember("default")) {
      EXPECT_TRUE(!each["default"].IsObject() || each["default"].ObjectEmpty());
    }
    ++row;
  }
}

TEST(ConfigRender, DefaultsOfTheJsonAreThoseOfTheCode) {
  const auto document = rendered_json();
  for (const auto& each : document["properties"]["default"].GetArray()) {
    const Property& row = *find_property(each["name"].GetString());
    const bool left_out = row.inherited && row.type != Type::map;
    ASSERT_EQ(each.HasMember("default"), !left_out) << row.name;
    if (!left_out) expect_default(row.name, to_json(each["default"]));
  }
}

/// The scalars and empty maps of the group `default`, as JSON values.
std::map<std::string, std::string> default_group(const std::string& yaml) {
  std::map<std::string, std::string> group;
  yaml_parser_t parser;
  yaml_document_t document;
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(yaml.data()), yaml.size());
  if (yaml_parser_load(&parser, &document) == 0) {
    ADD_FAILURE() << parser.problem << " in line " << parser.problem_mark.line + 1;
    yaml_parser_delete(&parser);
    return group;
  }
  const auto node = [&](int index) { return yaml_document_get_node(&document, index); };
  const auto text = [&](int index) { return reinterpret_cast<const char*>(node(index)->data.scalar.value); };
  const auto& top = yaml_document_get_root_node(&document)->data.mapping.pairs;
  EXPECT_STREQ(text(top.start->key), "default");
  const auto& pairs = node(top.start->value)->data.mapping.pairs;
  for (const auto* pair = pairs.start; pair < pairs.top; ++pair) {
    group[text(pair->key)] = node(pair->value)->type == YAML_MAPPING_NODE ? "{}" : test::quoted(text(pair->value));
  }
  yaml_document_delete(&document);
  yaml_parser_delete(&parser);
  return group;
}

/// The yaml with the comment sign taken off every line that has a property, as a user would.
std::string uncommented(const std::string& yaml) {
  std::istringstream lines(yaml);
  std::string text;
  for (std::string line; std::getline(lines, line) && line.rfind("# Examples", 0) != 0;) {
    const std::string start = "  # ";
    const bool commented = line.rfind(start, 0) == 0;
    const std::string name = commented ? line.substr(start.size(), line.find(':') - start.size()) : "";
    const bool property = commented && find_property(name) != nullptr;
    text += (property ? "  " + line.substr(start.size()) : line) + "\n";
  }
  return text;
}

TEST(ConfigRender, TheYamlAsShippedGivesTheDefaults) {
  const auto group = default_group(render_yaml());
  EXPECT_EQ(group, (std::map<std::string, std::string>{{"addr", R"("")"}}));
}

TEST(ConfigRender, DefaultsOfTheYamlAreThoseOfTheCode) {
  const auto group = default_group(uncommented(render_yaml()));
  for (const auto& row : table()) {
    ASSERT_EQ(group.count(row.name), row.unsupported ? 0U : 1U) << row.name;
    if (row.unsupported) continue;
    if (std::string(row.name) == "httpServerPort") {  // given, it is the group's
      EXPECT_EQ(parse_props(R"("httpServerPort":)" + group.at(row.name)).listen.port, parse_props("").listen.port);
    } else {
      expect_default(row.name, group.at(row.name));
    }
  }
}

// In an installed eKuiper there is none of our files but these two.
TEST(ConfigRender, WhatIsInstalledNamesNoFileOfThisTree) {
  for (const std::string& text : {render_yaml(), render_json()}) {
    for (const char* name : {"docs/", ".md", "plugin/src", ".cpp", "ekws-options", "scripts/", "README"}) {
      EXPECT_EQ(text.find(name), std::string::npos) << name;
    }
  }
}

TEST(ConfigRender, MarkdownHasALineForEachRow) {
  const std::string text = render_markdown();
  const auto unsupported = text.find("Known, but not supported");
  for (const auto& row : table()) {
    const auto at = text.find("| `" + std::string(row.name) + "` | " + row.label.en + " |");
    ASSERT_NE(at, std::string::npos) << row.name;
    EXPECT_EQ(at > unsupported, row.unsupported) << row.name;
  }
  EXPECT_NE(text.find("| `pingInterval` | Ping Interval | both | duration | 30s | 0 (off), 10ms to 24h |"),
            std::string::npos);
  EXPECT_NE(text.find("| `httpServerPort` | Server Port | server | integer | kuiper.yaml, else 10081 | 1 to 65535 |"),
            std::string::npos);
}

}  // namespace
}  // namespace ekws::config

#include "config/document.h"

#include <rapidjson/error/en.h>

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "config/text.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr int kDeepest = 32;

[[noreturn]] void fail_syntax(const std::string& what) {
  throw Failure(Error(EKWS_E_CONFIG_SYNTAX, "the configuration is not what the plugin expects: " + what));
}

/// How deep brackets nest in a text that is known to be JSON. What walks over values may recurse, so this is bounded.
int nesting(std::string_view json) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

bool read_bool(const rapidjson::Value& value, std::string_view key) {
  if (!value.IsBool()) fail_syntax(quote(key) + " has to be true or false");
  return value.GetBool();
}

std::string read_string(const rapidjson::Value& value, std::string_view key) {
  if (!value.IsString()) fail_syntax(quote(key) + " has to be a string");
  return std::string(view(value));
}

}  // namespace

Document read_document(const char* json, std::size_t length) {
  // Iterative: how deep the text nests must not decide over our stack.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  Document document;
  document.json.Parse<kFlags>(json, length);
  if (document.json.HasParseError()) {
    fail_syntax(std::string(rapidjson::GetParseError_En(document.json.GetParseError())) + " (byte " +
                std::to_string(document.json.GetErrorOffset()) + ")");
  }
  if (nesting({json, length}) > kDeepest) fail_syntax("it nests deeper than " + std::to_string(kDeepest) + " levels");
  if (!document.json.IsObject()) fail_syntax("it has to be a JSON object");
  for (auto& member : document.json.GetObject()) {
    const auto key = view(member.name);
    if (key == "props") {
      if (!member.value.IsObject()) fail_syntax("\"props\" has to be an object");
      document.props = &member.value;
    } else if (key == "kuiperYaml") {
      document.kuiper_yaml = read_string(member.value, key);
    } else if (key == "websocketYaml") {
      document.websocket_yaml = read_string(member.value, key);
    } else if (key == "defaultGroup") {
      if (!member.value.IsObject()) fail_syntax("\"defaultGroup\" has to be an object");
      document.default_group = &member.value;
    } else if (key == "mergeDefault") {
      document.merge_default = read_bool(member.value, key);
    } else if (key == "dataServerPort") {
      document.data_server_port = read_string(member.value, key);
    } else if (key == "restPort") {
      document.rest_port = read_string(member.value, key);
    } else if (key == "rpcPort") {
      document.rpc_port = read_string(member.value, key);
    } else if (key == "root") {
      document.root = read_string(member.value, key);
    } else if (key == "label") {
      document.label = read_string(member.value, key);
    } else if (key == "probeAnyStatus") {
      document.probe_any_status = read_bool(member.value, key);
    } else {
      fail_syntax("unknown key " + quote(key));
    }
  }
  if (document.props == nullptr) fail_syntax("\"props\" is missing");
  return document;
}

}  // namespace ekws::config

#include "config/yaml.h"

#include <cstddef>
#include <set>

#include "base/file.h"

namespace ekws::config {
namespace {

constexpr std::size_t kLargest = 1 << 20;

}  // namespace

Yaml::Yaml(const std::string& text) {
  if (yaml_parser_initialize(&parser_) == 0) return;
  yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  loaded_ = yaml_parser_load(&parser_, &document_) != 0;
  if (!loaded_ && parser_.problem != nullptr) {
    problem_ = std::string(parser_.problem) + " in line " + std::to_string(parser_.problem_mark.line + 1);
  }
}

Yaml::~Yaml() {
  if (loaded_) yaml_document_delete(&document_);
  yaml_parser_delete(&parser_);
}

yaml_node_t* Yaml::find(yaml_node_t* map, std::string_view key) {
  yaml_node_t* found = nullptr;
  each(map, [&](const std::string& name, yaml_node_t* value) {
    if (found == nullptr && equal_without_case(name, key)) found = value;
  });
  return found;
}

std::string Yaml::doubled() const {
  for (const auto* map = document_.nodes.start; map < document_.nodes.top; ++map) {
    if (map->type != YAML_MAPPING_NODE) continue;
    std::set<std::string_view> names;
    for (auto* pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; ++pair) {
      const yaml_node_t& key = document_.nodes.start[pair->key - 1];
      if (key.type != YAML_SCALAR_NODE) continue;
      const auto& data = key.data.scalar;
      const std::string_view name(reinterpret_cast<const char*>(data.value), data.length);
      if (!names.insert(name).second) return std::string(name) + " in line " + std::to_string(key.start_mark.line + 1);
    }
  }
  return {};
}

std::optional<std::string> Yaml::scalar(const yaml_node_t* node) {
  if (node == nullptr || node->type != YAML_SCALAR_NODE) return std::nullopt;
  const auto& data = node->data.scalar;
  std::string text(reinterpret_cast<const char*>(data.value), data.length);
  const bool plain = data.style == YAML_PLAIN_SCALAR_STYLE;
  if (text.empty() || (plain && (text == "~" || lower(text) == "null"))) return std::nullopt;
  return text;
}

std::optional<std::string> read_yaml_text(const std::string& file, std::vector<std::string>& warnings) {
  std::string error;
  std::string text = read_small_file(file, kLargest, error);
  if (error.empty()) return text;
  warnings.push_back("cannot read " + file + ": " + error);
  return std::nullopt;
}

}  // namespace ekws::config

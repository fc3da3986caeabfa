// A YAML file of the host.
#pragma once

#include <yaml.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/text.h"

namespace ekws::config {

/// Owns a parser and the first document of a text.
class Yaml {
 public:
  explicit Yaml(const std::string& text);
  ~Yaml();
  Yaml(const Yaml&) = delete;
  Yaml& operator=(const Yaml&) = delete;

  bool loaded() const { return loaded_; }
  const std::string& problem() const { return problem_; }
  yaml_node_t* root() { return yaml_document_get_root_node(&document_); }
  yaml_node_t* node(int number) { return yaml_document_get_node(&document_, number); }

  /// The value under a key of a mapping, whatever its case; nullptr if `map` is none or has no such key.
  yaml_node_t* find(yaml_node_t* map, std::string_view key);

  /// Calls `use` with each name and value of a mapping; not at all if `map` is none.
  template <typename Use>
  void each(yaml_node_t* map, Use use) {
    if (map == nullptr || map->type != YAML_MAPPING_NODE) return;
    for (auto* pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; ++pair) {
      const auto name = scalar(node(pair->key));
      if (name) use(*name, node(pair->value));
    }
  }

  /// `name in line N` for the first name that a mapping has twice (go-yaml then refuses the whole text); else empty.
  std::string doubled() const;

  /// nullopt for what is no scalar, and for null.
  static std::optional<std::string> scalar(const yaml_node_t* node);

 private:
  yaml_parser_t parser_{};
  yaml_document_t document_{};
  bool loaded_ = false;
  std::string problem_ = "out of memory";
};

/// The text of a file of 1 MiB at most, a regular one; empty where that cannot be read, and `warnings` say why.
std::optional<std::string> read_yaml_text(const std::string& file, std::vector<std::string>& warnings);

/// Gives the parsed file to `use`; what stands against that goes to `warnings`.
template <typename Use>
void with_yaml(const std::string& file, std::vector<std::string>& warnings, Use use) {
  const auto text = read_yaml_text(file, warnings);
  if (!text) return;
  Yaml yaml(*text);
  if (!yaml.loaded()) return warnings.push_back("cannot read " + file + ": it is not YAML: " + yaml.problem());
  use(yaml);
}

}  // namespace ekws::config

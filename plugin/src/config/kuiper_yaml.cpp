#include "config/kuiper_yaml.h"

#include <yaml.h>

#include <cstddef>
#include <string_view>

#include "base/file.h"
#include "config/text.h"

namespace ekws::config {
namespace {

constexpr std::size_t kLargest = 1 << 20;

/// Owns a parser and the first document of a text.
class Yaml {
 public:
  explicit Yaml(const std::string& text) {
    if (yaml_parser_initialize(&parser_) == 0) return;
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    loaded_ = yaml_parser_load(&parser_, &document_) != 0;
    if (!loaded_ && parser_.problem != nullptr) {
      problem_ = std::string(parser_.problem) + " in line " + std::to_string(parser_.problem_mark.line + 1);
    }
  }
  ~Yaml() {
    if (loaded_) yaml_document_delete(&document_);
    yaml_parser_delete(&parser_);
  }
  Yaml(const Yaml&) = delete;
  Yaml& operator=(const Yaml&) = delete;

  bool loaded() const { return loaded_; }
  const std::string& problem() const { return problem_; }
  yaml_node_t* root() { return yaml_document_get_root_node(&document_); }

  /// The value under a key of a mapping, whatever its case; nullptr if `map` is none or has no such key.
  yaml_node_t* find(yaml_node_t* map, std::string_view key) {
    if (map == nullptr || map->type != YAML_MAPPING_NODE) return nullptr;
    for (auto* pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; ++pair) {
      const auto name = scalar(yaml_document_get_node(&document_, pair->key));
      if (name && equal_without_case(*name, key)) return yaml_document_get_node(&document_, pair->value);
    }
    return nullptr;
  }

  /// Calls `use` with each name and value of a mapping; not at all if `map` is none.
  template <typename Use>
  void each(yaml_node_t* map, Use use) {
    if (map == nullptr || map->type != YAML_MAPPING_NODE) return;
    for (auto* pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; ++pair) {
      const auto name = scalar(yaml_document_get_node(&document_, pair->key));
      if (name) use(*name, yaml_document_get_node(&document_, pair->value));
    }
  }

  /// nullopt for what is no scalar, and for null.
  static std::optional<std::string> scalar(const yaml_node_t* node) {
    if (node == nullptr || node->type != YAML_SCALAR_NODE) return std::nullopt;
    const auto& data = node->data.scalar;
    std::string text(reinterpret_cast<const char*>(data.value), data.length);
    const bool plain = data.style == YAML_PLAIN_SCALAR_STYLE;
    if (text.empty() || (plain && (text == "~" || lower(text) == "null"))) return std::nullopt;
    return text;
  }

 private:
  yaml_parser_t parser_{};
  yaml_document_t document_{};
  bool loaded_ = false;
  std::string problem_ = "out of memory";
};

/// Gives the parsed file to `use`; what stands against that goes to `warnings`.
template <typename Use>
void with_yaml(const std::string& file, std::vector<std::string>& warnings, Use use) {
  std::string error;
  const std::string text = read_small_file(file, kLargest, error);
  if (!error.empty()) return warnings.push_back("cannot read " + file + ": " + error);
  Yaml yaml(text);
  if (!yaml.loaded()) return warnings.push_back("cannot read " + file + ": it is not YAML: " + yaml.problem());
  use(yaml);
}

}  // namespace

SourceSection read_source_section(const std::string& file, std::vector<std::string>& warnings) {
  SourceSection section;
  with_yaml(file, warnings, [&](Yaml& yaml) {
    yaml_node_t* source = yaml.find(yaml.root(), "source");
    if (source == nullptr || source->type != YAML_MAPPING_NODE) {
      return warnings.push_back(file + " has no section \"source\"");
    }
    section.ip = Yaml::scalar(yaml.find(source, "httpServerIp"));
    section.port = Yaml::scalar(yaml.find(source, "httpServerPort"));
    yaml_node_t* tls = yaml.find(source, "httpServerTls");
    section.tls.certificate = Yaml::scalar(yaml.find(tls, "certfile")).value_or("");
    section.tls.key = Yaml::scalar(yaml.find(tls, "keyfile")).value_or("");
  });
  return section;
}

TlsSection read_tls_section(const std::string& file, std::vector<std::string>& warnings) {
  TlsSection section;
  with_yaml(file, warnings, [&](Yaml& yaml) {
    yaml_node_t* tls = yaml.find(yaml.find(yaml.root(), "security"), "tls");
    yaml.each(tls, [&](const std::string& name, const yaml_node_t* value) {
      if (value != nullptr)
        section.emplace_back(name, Yaml::scalar(value).value_or(value->type == YAML_SCALAR_NODE ? "" : "{…}"));
    });
  });
  return section;
}

}  // namespace ekws::config

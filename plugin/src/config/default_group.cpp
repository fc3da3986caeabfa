#include "config/default_group.h"

#include <string_view>

#include "config/table.h"
#include "config/text.h"
#include "config/value.h"
#include "config/yaml.h"

namespace ekws::config {
namespace {

/// What a group can hold, with room; aliases can make a small file unfold without end.
constexpr int kDeepest = 8;
constexpr int kMostValues = 10'000;

/// A node as JSON. Scalars become text: every property takes that.
class Converter {
 public:
  Converter(Yaml& yaml, rapidjson::Document::AllocatorType& allocator) : yaml_(yaml), allocator_(allocator) {}

  /// False: there is more of it than a group can hold.
  bool convert(yaml_node_t* node, rapidjson::Value& out, int depth = 0) {
    if (depth > kDeepest || ++values_ > kMostValues) return false;
    bool all = true;
    if (node != nullptr && node->type == YAML_MAPPING_NODE) {
      out.SetObject();
      yaml_.each(node, [&](const std::string& name, yaml_node_t* value) {
        rapidjson::Value made;
        all = all && convert(value, made, depth + 1);
        if (all) out.AddMember(text(name), made, allocator_);
      });
    } else if (node != nullptr && node->type == YAML_SEQUENCE_NODE) {
      out.SetArray();
      for (auto* item = node->data.sequence.items.start; all && item < node->data.sequence.items.top; ++item) {
        rapidjson::Value made;
        all = convert(yaml_.node(*item), made, depth + 1);
        if (all) out.PushBack(made, allocator_);
      }
    } else if (const auto scalar = Yaml::scalar(node)) {
      out = text(*scalar);
    }
    return all;
  }

 private:
  rapidjson::Value text(const std::string& from) {
    return rapidjson::Value(from.data(), static_cast<rapidjson::SizeType>(from.size()), allocator_);
  }

  Yaml& yaml_;
  rapidjson::Document::AllocatorType& allocator_;
  int values_ = 0;
};

/// Whether a key is there, in whatever case; with `with_value`, whether a value that is not empty is.
bool has(const rapidjson::Value& props, std::string_view name, bool with_value) {
  for (const auto& member : props.GetObject()) {
    if (equal_without_case(view(member.name), name) && !(with_value && is_empty(member.value))) return true;
  }
  return false;
}

void remove(rapidjson::Value& props, std::string_view name) {
  for (auto at = props.MemberBegin(); at != props.MemberEnd();) {
    at = equal_without_case(view(at->name), name) ? props.EraseMember(at) : at + 1;
  }
}

void lay_under(Document& document, rapidjson::Value& group) {
  rapidjson::Value& props = *document.props;
  for (auto& member : group.GetObject()) {
    const auto name = view(member.name);
    const Property* row = find_property(name);
    const bool address = row != nullptr && row->inherited;
    // The path is the stream's own: the host sets it last.
    if (equal_without_case(name, "datasource") || !(address || document.merge_default)) continue;
    if (has(props, name, address)) continue;
    remove(props, name);
    props.AddMember(member.name, member.value, document.json.GetAllocator());
  }
}

}  // namespace

std::string lay_default_under(Document& document, std::vector<std::string>& warnings) {
  if (document.default_group != nullptr) lay_under(document, *document.default_group);
  if (document.websocket_yaml.empty()) return {};
  auto& allocator = document.json.GetAllocator();
  const std::string& file = document.websocket_yaml;
  bool parsed = false;
  std::string why;
  with_yaml(file, warnings, [&](Yaml& yaml) {
    parsed = true;
    if (const std::string twice = yaml.doubled(); !twice.empty()) {
      warnings.push_back(file + " has " + twice +
                         " a second time: eKuiper then takes nothing from this file; remove one");
    }
    rapidjson::Value group;
    if (!Converter(yaml, allocator).convert(yaml.find(yaml.root(), "default"), group)) {
      why = "cannot read " + file + ": its group \"default\" is larger than any group can be";
      return warnings.push_back(why);
    }
    if (group.IsObject()) lay_under(document, group);
  });
  if (!parsed && !warnings.empty()) {
    why = warnings.back();
    warnings.back() += "; its groups do not count: a stream whose addr stands in one of them is a server";
  }
  return why;
}

}  // namespace ekws::config

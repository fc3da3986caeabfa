#include "config/props.h"

#include <stdexcept>
#include <utility>

#include "config/host_keys.h"
#include "config/text.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr std::string_view kDatasource = "datasource";

const Property& row_of(std::string_view name) {
  const Property* row = find_property(name);
  if (row == nullptr) throw std::logic_error("no row for property " + std::string(name));
  return *row;
}

std::string unknown_warning(std::string_view name) {
  const auto nearest = nearest_known(name);
  std::string text = "unknown property " + quote(name) + " is ignored";
  return nearest.empty() ? text : text + "; did you mean " + std::string(nearest) + "?";
}

}  // namespace

Props::Props(const rapidjson::Value& object, std::vector<std::string>& warnings) {
  for (const auto& member : object.GetObject()) take(view(member.name), member.value, warnings);
  check(warnings);
}

void Props::take(std::string_view given_name, const rapidjson::Value& value, std::vector<std::string>& warnings) {
  const Property* row = find_property(given_name);
  const bool is_datasource = equal_without_case(given_name, kDatasource);
  if (row == nullptr && !is_datasource) {
    if (!is_host_key(given_name)) warnings.push_back(unknown_warning(given_name));
    return;
  }
  if (is_empty(value)) return;
  const std::string_view name = row != nullptr ? std::string_view(row->name) : kDatasource;
  const auto [at, fresh] = entries_.try_emplace(std::string(name), Entry{given_name, &value});
  if (fresh) return;
  // The host gives what it reads from websocket.yaml the spelling of websocket.json, which is that of the table, and
  // leaves what comes from later layers (REST, EXTRA) as it was written: the other spelling is later than the yaml's,
  // though between those two it cannot be known. The stream's own DATASOURCE comes last of all, in lower case.
  Entry ignored{given_name, &value};
  if ((given_name == name) == is_datasource) std::swap(ignored, at->second);
  if (*ignored.value != *at->second.value) {
    warnings.push_back("property " + std::string(name) + " is given twice; the one written " +
                       quote(ignored.given_name) + " is ignored");
  }
}

void Props::check(std::vector<std::string>& warnings) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const Property* row = find_property(at->first);
    const Entry entry = at->second;
    if (row != nullptr && row->lenient && !entry.value->IsArray() && !entry.value->IsObject() &&
        !is_choice(*row, *entry.value)) {
      warnings.push_back(std::string(row->name) + ": " + show(*row, *entry.value) + " is ignored; it must be " +
                         allowed(*row));
      at = entries_.erase(at);
      continue;
    }
    ++at;
    if (row == nullptr || row->unsupported) continue;
    switch (row->type) {
      case Type::integer:
      case Type::size:
      case Type::duration:
        read_number(*row, *entry.value);
        break;
      case Type::boolean:
        read_boolean(*row, *entry.value);
        break;
      case Type::text:
      case Type::choice:
        read_text(*row, *entry.value);
        break;
      case Type::map:
        break;  // whoever uses it knows what is in it
    }
  }
}

const rapidjson::Value* Props::find(std::string_view name) const {
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : at->second.value;
}

std::string Props::text(std::string_view name) const {
  const rapidjson::Value* value = find(name);
  return value == nullptr ? std::string() : read_text(row_of(name), *value);
}

bool Props::flag(std::string_view name) const {
  const Property& row = row_of(name);
  const rapidjson::Value* value = find(name);
  return value == nullptr ? row.number != 0 : read_boolean(row, *value);
}

std::int64_t Props::number(std::string_view name) const {
  const Property& row = row_of(name);
  const rapidjson::Value* value = find(name);
  return value == nullptr ? row.number : read_number(row, *value);
}

}  // namespace ekws::config

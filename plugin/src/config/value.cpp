#include "config/value.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "base/error.h"
#include "config/text.h"
#include "config/units.h"

namespace ekws::config {
namespace {

/// A number that has no fraction: the host's own numbers are often floating point by the time they get here.
std::optional<std::int64_t> whole_number(const rapidjson::Value& value) {
  if (value.IsInt64()) return value.GetInt64();
  if (!value.IsDouble()) return std::nullopt;
  const double number = value.GetDouble();
  if (std::abs(number) > 9e15 || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<std::int64_t> parse_number(Type type, std::string_view text) {
  switch (type) {
    case Type::duration:
      return parse_duration(text);
    case Type::size:
      return parse_size(text);
    default:
      return parse_integer(text);
  }
}

std::string json_text(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace

void fail(std::string_view property, const std::string& what) {
  throw Failure(Error(EKWS_E_CONFIG_VALUE, std::string(property) + ": " + what));
}

void refuse(std::string_view property, const std::string& value, const std::string& allowed) {
  fail(property, value + " is not allowed; it must be " + allowed);
}

std::string_view view(const rapidjson::Value& string) { return {string.GetString(), string.GetStringLength()}; }

bool is_empty(const rapidjson::Value& value) {
  if (value.IsNull()) return true;
  if (value.IsString()) return trim(view(value)).empty();
  if (value.IsArray()) {
    for (const auto& element : value.GetArray()) {
      if (!is_empty(element)) return false;
    }
    return true;
  }
  if (!value.IsObject()) return false;
  for (const auto& member : value.GetObject()) {
    if (!is_empty(member.value)) return false;
  }
  return true;
}

std::string show(const Property& row, const rapidjson::Value& value) {
  if (value.IsArray()) return "a list";
  if (value.IsObject()) return "an object";
  if (row.secret) return "the value given";
  return value.IsString() ? quote(view(value)) : json_text(value);
}

std::string read_text(const Property& row, const rapidjson::Value& value) {
  if (!value.IsString()) refuse(row.name, show(row, value), allowed(row));
  const auto text = trim(view(value));
  if (row.type != Type::choice) return std::string(text);
  for (const char* each : row.choices) {
    if (each != nullptr && equal_without_case(each, text)) return each;
  }
  refuse(row.name, show(row, value), allowed(row));
}

bool is_choice(const Property& row, const rapidjson::Value& value) {
  if (!value.IsString()) return false;
  const auto text = trim(view(value));
  return std::any_of(std::begin(row.choices), std::end(row.choices),
                     [&](const char* each) { return each != nullptr && equal_without_case(each, text); });
}

std::int64_t read_number(const Property& row, const rapidjson::Value& value) {
  const auto number = value.IsString() ? parse_number(row.type, view(value)) : whole_number(value);
  const bool fits = number && ((*number >= row.min && *number <= row.max) || (row.zero_is_off && *number == 0));
  if (!fits) refuse(row.name, show(row, value), allowed(row));
  return *number;
}

bool read_boolean(const Property& row, const rapidjson::Value& value) {
  if (value.IsBool()) return value.GetBool();
  const std::string text = value.IsString() ? lower(trim(view(value))) : json_text(value);
  if (text == "true" || text == "t" || text == "1") return true;
  if (text == "false" || text == "f" || text == "0") return false;
  refuse(row.name, show(row, value), allowed(row));
}

}  // namespace ekws::config

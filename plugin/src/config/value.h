// Single values: from JSON, as lenient as the host's own cast, checked against their row of the table.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "config/table.h"

namespace ekws::config {

/// Throws Failure(EKWS_E_CONFIG_VALUE): "<property>: <what is wrong>".
[[noreturn]] void fail(std::string_view property, const std::string& what);
/// The same as "<property>: <value> is not allowed; it must be <allowed>".
[[noreturn]] void refuse(std::string_view property, const std::string& value, const std::string& allowed);

/// Null, "", {} and [], and what holds nothing else: forms send these for fields that were left empty.
bool is_empty(const rapidjson::Value& value);

/// As it was given, for an error text; "a list", "an object" and "the value given" (secrets) for what is not shown.
std::string show(const Property& row, const rapidjson::Value& value);

/// These throw Failure when the value is not what the row allows.
std::string read_text(const Property& row, const rapidjson::Value& value);     ///< text, choice (in lower case)
std::int64_t read_number(const Property& row, const rapidjson::Value& value);  ///< integer, size, duration
bool is_choice(const Property& row, const rapidjson::Value& value);            ///< does not throw
bool read_boolean(const Property& row, const rapidjson::Value& value);         ///< boolean

std::string_view view(const rapidjson::Value& string);

}  // namespace ekws::config

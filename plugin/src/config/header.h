// The property requestHeader.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <utility>
#include <vector>

namespace ekws::config {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A map of a name to a value or a list of values, in the order given. Throws Failure; values are in no text, since
/// tokens and passwords are sent in them.
Headers read_headers(const rapidjson::Value& value);

}  // namespace ekws::config

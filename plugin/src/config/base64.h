// Base64 (RFC 4648 section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ekws::config {

/// Line ends are skipped; empty if it is no base64.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ekws::config

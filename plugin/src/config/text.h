// Small helpers for ASCII text and for showing what users gave.
#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"

namespace ekws::config {

/// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);
bool is_control(char c);

/// In double quotes, control characters and bytes that are no UTF-8 escaped, cut at 80 bytes: fit for a log line.
std::string quote(std::string_view text);
/// The same for a path or address: what follows "?" is left out, since tokens are often sent there.
std::string quote_without_query(std::string_view text);

}  // namespace ekws::config

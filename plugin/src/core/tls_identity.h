// When two TLS set-ups are the same.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/tls_options.h"

namespace ekws::core {

/// Property and value of everything that tells one set-up from another, always in this order. Passwords are in it: it
/// is for comparing, not for showing.
std::vector<std::pair<const char*, std::string>> tls_identity(const std::optional<TlsOptions>& tls);

}  // namespace ekws::core

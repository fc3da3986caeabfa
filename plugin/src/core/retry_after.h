// Retry-After (RFC 9110 section 10.2.3): how long a server asks us to stay away.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace ekws::core {

/// More is not granted: a server that was told something wrong once must not be lost for years.
constexpr std::chrono::minutes kMaxRetryAfter{10};

/// From seconds or an HTTP date; `now` is the wall clock. Never negative, kMaxRetryAfter at most; empty where the value
/// is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(const std::string& value,
                                                           std::chrono::system_clock::time_point now);

}  // namespace ekws::core

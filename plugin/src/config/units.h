// Durations and sizes as people write them. No property names here, no JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ekws::config {

/// An optional sign and digits; spaces around it do not matter.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// Milliseconds: "500ms", "1m30s", "1.5h" (the syntax of Go), or an integer, which is milliseconds. What is finer than
/// a millisecond is rounded away from zero, so that something never becomes nothing.
std::optional<std::int64_t> parse_duration(std::string_view text);

/// Bytes: an integer, alone or with B, KiB, MiB or GiB in any case. KB and MB are refused: people mean both by them.
std::optional<std::int64_t> parse_size(std::string_view text);

/// In the largest unit that fits without a fraction: "30s", "90s", "500ms", "0".
std::string format_duration(std::int64_t milliseconds);
/// "16 MiB", "1000 B".
std::string format_size(std::int64_t bytes);

}  // namespace ekws::config

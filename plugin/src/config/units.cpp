#include "config/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "config/text.h"

namespace ekws::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::int64_t kSecond = 1'000'000'000;  // in nanoseconds

// In the order in which they are tried: "ms" before "m".
constexpr std::array<Unit, 8> kTimes{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\u00b5s", 1'000},  // micro sign
                                      {"\u03bcs", 1'000},  // Greek mu
                                      {"ms", 1'000'000},
                                      {"s", kSecond},
                                      {"m", 60 * kSecond},
                                      {"h", 3600 * kSecond}}};

constexpr std::array<Unit, 4> kSizes{{{"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10}, {"b", 1}}};

std::string_view take_digits(std::string_view& text) {
  const auto end = text.find_first_not_of("0123456789");
  const auto digits = text.substr(0, end);
  text.remove_prefix(digits.size());
  return digits;
}

std::optional<std::int64_t> to_integer(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// value += amount * factor, unless that does not fit.
bool add_product(std::int64_t& value, std::int64_t amount, std::int64_t factor) {
  return !__builtin_mul_overflow(amount, factor, &amount) && !__builtin_add_overflow(value, amount, &value);
}

/// One "1.5h" off the front of `text`, in nanoseconds, added to `sum`.
bool take_term(std::string_view& text, std::int64_t& sum) {
  const auto whole = take_digits(text);
  std::string_view fraction;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = take_digits(text).substr(0, 15);  // finer than a nanosecond of an hour
  }
  if (whole.empty() && fraction.empty()) return false;
  for (const auto& unit : kTimes) {
    if (text.substr(0, unit.name.size()) != unit.name) continue;
    text.remove_prefix(unit.name.size());
    const auto amount = to_integer(whole.empty() ? "0" : whole);
    if (!amount || !add_product(sum, *amount, unit.factor)) return false;
    if (fraction.empty()) return true;
    const double part =
        static_cast<double>(*to_integer(fraction)) / std::pow(10.0, static_cast<double>(fraction.size()));
    return add_product(sum, std::llround(part * static_cast<double>(unit.factor)), 1);
  }
  return false;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = trim(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return to_integer(text);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (const auto milliseconds = parse_integer(text)) return milliseconds;
  text = trim(text);
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t nanoseconds = 0;
  while (!text.empty()) {
    if (!take_term(text, nanoseconds)) return std::nullopt;
  }
  const std::int64_t milliseconds = nanoseconds / 1'000'000 + (nanoseconds % 1'000'000 != 0 ? 1 : 0);
  return negative ? -milliseconds : milliseconds;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  if (const auto bytes = parse_integer(text)) return bytes;
  const std::string small = lower(trim(text));
  for (const auto& unit : kSizes) {
    if (small.size() <= unit.name.size()) continue;
    const auto at = small.size() - unit.name.size();
    if (std::string_view(small).substr(at) != unit.name) continue;
    const auto amount = parse_integer(std::string_view(small).substr(0, at));
    std::int64_t bytes = 0;
    if (!amount || !add_product(bytes, *amount, unit.factor)) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

std::string format_duration(std::int64_t milliseconds) {
  if (milliseconds == 0) return "0";
  for (const Unit& unit : {Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}}) {
    if (milliseconds % unit.factor == 0) return std::to_string(milliseconds / unit.factor).append(unit.name);
  }
  return std::to_string(milliseconds) + "ms";
}

std::string format_size(std::int64_t bytes) {
  for (const Unit& unit : {Unit{" GiB", 1 << 30}, Unit{" MiB", 1 << 20}, Unit{" KiB", 1 << 10}}) {
    if (bytes != 0 && bytes % unit.factor == 0) return std::to_string(bytes / unit.factor).append(unit.name);
  }
  return std::to_string(bytes) + " B";
}

}  // namespace ekws::config

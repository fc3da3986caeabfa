#include "core/retry_after.h"

#include <time.h>

#include <algorithm>
#include <array>

namespace ekws::core {

namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

/// The three forms of RFC 9110 section 5.6.7. The names in them are English whatever the process has as its locale.
std::optional<std::tm> parse_date(const std::string& value) {
  static const ::locale_t english = ::newlocale(LC_ALL_MASK, "C", nullptr);
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::tm date{};
    const char* end = ::strptime_l(value.c_str(), form, &date, english);
    if (end != nullptr && *end == '\0') return date;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(const std::string& value, system_clock::time_point now) {
  seconds wait{};
  if (!value.empty() && value.find_first_not_of("0123456789") == std::string::npos) {
    // Nine digits are thirty years.
    wait = value.size() > 9 ? kMaxRetryAfter : seconds(std::stol(value));
  } else if (auto date = parse_date(value)) {
    // In seconds: a date may be farther away than the clock, which counts nanoseconds, can tell.
    wait = seconds(::timegm(&*date)) - std::chrono::floor<seconds>(now.time_since_epoch());
  } else {
    return std::nullopt;
  }
  return std::clamp<seconds>(wait, seconds(0), kMaxRetryAfter);
}

}  // namespace ekws::core

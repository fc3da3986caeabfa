// Warnings of which each may come a thousand times a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ekws/ekws.h"

namespace ekws::core {

/// Of each cause the first is told at once, and then one a minute at most, with how many were not. Bounded: beyond so
/// many causes in a minute the others count as one. One thread at a time.
class Seldom {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::seconds kApart{60};
  static constexpr std::size_t kMostCauses = 16;

  /// Empty: not now. Else what to put behind the line.
  std::optional<std::string> tell(const std::string& cause, Clock::time_point now);

  /// Gives the line to log(level, line), as a warning where it is to be told, else at debug level. Whether it was told.
  template <typename Log>
  bool warn(const std::string& line, const std::string& cause, Log log) {
    const auto missing = tell(cause, Clock::now());
    log(missing ? EKWS_LOG_WARN : EKWS_LOG_DEBUG, line + missing.value_or(""));
    return missing.has_value();
  }

 private:
  struct Cause {
    Clock::time_point next;
    std::uint64_t untold = 0;
  };

  void forget_old(Clock::time_point now);

  std::map<std::string, Cause> causes_;
};

}  // namespace ekws::core

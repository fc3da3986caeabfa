// Warnings of which each may come a thousand times a second.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

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

 private:
  struct Cause {
    Clock::time_point next;
    std::uint64_t untold = 0;
  };

  void forget_old(Clock::time_point now);

  std::map<std::string, Cause> causes_;
};

}  // namespace ekws::core

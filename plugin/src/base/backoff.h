// When to try again: exponential growth with full jitter.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace ekws {

/// Delays between tries: the n-th is uniform in [0, min(max, initial * 2^n)], so that a fleet that lost its server does
/// not come back in step. Not thread-safe.
class Backoff {
 public:
  using Millis = std::chrono::milliseconds;
  /// Gives a number in [0, bound], uniform. Injected so that tests decide.
  using Random = std::function<std::uint64_t(std::uint64_t bound)>;

  Backoff(Millis initial, Millis max, Random random) : initial_(initial), max_(max), random_(std::move(random)) {}

  Millis next() {
    const auto ceiling = static_cast<std::uint64_t>(ceiling_.count());
    ceiling_ = std::min(max_, ceiling_ * 2);
    return Millis(static_cast<std::int64_t>(random_(ceiling)));
  }

  /// Back to the first delay; to be called after a connection that lived long enough to count as stable.
  void reset() { ceiling_ = std::min(initial_, max_); }

 private:
  Millis initial_;
  Millis max_;
  Random random_;
  Millis ceiling_ = std::min(initial_, max_);
};

}  // namespace ekws

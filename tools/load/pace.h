// How many messages may go out by now.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ekws_load {

/// Spreads messages evenly over time. What a peer holds up is made up for later, so the mean is the rate asked for.
class Pace {
 public:
  /// Messages a second; 0 = no limit.
  explicit Pace(double rate) : rate_(rate) {}

  bool limited() const { return rate_ > 0; }

  uint64_t allowed(double seconds_since_start) const {
    if (!limited()) return UINT64_MAX;
    const auto due = static_cast<uint64_t>(rate_ * std::max(0.0, seconds_since_start));
    return due > used_ ? due - used_ : 0;
  }

  void use(uint64_t messages) { used_ += messages; }

  /// When, in seconds since the start, the next message is due.
  double next_due() const { return limited() ? static_cast<double>(used_ + 1) / rate_ : 0; }

 private:
  const double rate_;
  uint64_t used_ = 0;
};

}  // namespace ekws_load

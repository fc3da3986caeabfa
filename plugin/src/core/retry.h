// A try that is repeated until it works: the timer, the backoff, and how that reads in a status.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/backoff.h"
#include "net/timer.h"

namespace ekws::core {

/// "; next try 2026-01-31T12:00:01Z, later ones up to 30.0 s apart". It stands in the reader's status until it is told
/// of another loss, for hours when all is well again: so no span that is counted from now, and the day with the time.
std::string next_try(std::chrono::system_clock::time_point due, std::chrono::milliseconds max);

/// io thread, its end too.
class Retry {
 public:
  using Millis = std::chrono::milliseconds;

  Retry(net::IoContext& io, Millis initial, Millis max);

  /// Calls `again` after the next delay of the backoff on top of `at_least`, which is returned. Replaces one that is
  /// waiting. Where it throws, none is.
  Millis schedule(std::function<void()> again, Millis at_least = Millis(0));
  void cancel() {
    timer_.cancel();
    waiting_ = false;
  }
  bool waiting() const { return waiting_; }
  /// Back to the first delay.
  void reset() { backoff_.reset(); }
  /// For the text of a status, as above; empty while none is waiting.
  std::string next_try() const { return waiting_ ? core::next_try(due_, at_least_ + max_) : std::string(); }

 private:
  const Millis max_;
  net::Timer timer_;
  Backoff backoff_;
  std::chrono::system_clock::time_point due_;
  Millis at_least_{0};
  bool waiting_ = false;
};

}  // namespace ekws::core

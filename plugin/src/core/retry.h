// A try that is repeated until it works: the timer, the backoff, and how that reads in a status.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/backoff.h"
#include "net/timer.h"

namespace ekws::core {

/// io thread, its end too.
class Retry {
 public:
  using Millis = std::chrono::milliseconds;

  Retry(net::IoContext& io, Millis initial, Millis max);

  /// Calls `again` after the next delay of the backoff on top of `at_least`, which is returned. Replaces one that is
  /// waiting.
  Millis schedule(std::function<void()> again, Millis at_least = Millis(0));
  void cancel() { timer_.cancel(); }
  /// Back to the first delay.
  void reset() { backoff_.reset(); }

 private:
  net::Timer timer_;
  Backoff backoff_;
};

/// "; next try in 1.5 s (12:00:01Z), later ones up to 30.0 s apart"
std::string next_try(std::chrono::milliseconds delay, std::chrono::milliseconds max);

}  // namespace ekws::core

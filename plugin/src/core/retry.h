// A try that is repeated until it works: the timer, the backoff, and how that reads in a status.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/backoff.h"

namespace ekws::core {

/// io thread, its end too.
class Retry {
 public:
  using Millis = std::chrono::milliseconds;

  Retry(asio::io_context& io, Millis initial, Millis max);
  ~Retry() { cancel(); }

  /// Calls `again` after the next delay of the backoff, which is returned. Replaces one that is waiting.
  Millis schedule(std::function<void()> again);
  void cancel();
  /// Back to the first delay.
  void reset() { backoff_.reset(); }

 private:
  asio::steady_timer timer_;
  Backoff backoff_;
  /// Tells a handler that was already on its way that it was cancelled; shared, since that one may outlive us.
  std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(0);
};

/// "; next try in 1.5 s (12:00:01Z)"
std::string next_try(std::chrono::milliseconds delay);

}  // namespace ekws::core

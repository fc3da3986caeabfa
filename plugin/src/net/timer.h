// A one-shot timer.
#pragma once

#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "net/io_loop.h"

namespace ekws::net {

/// io thread, its end too.
class Timer {
 public:
  explicit Timer(IoContext& io) : timer_(io) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Calls `task` once, after `delay`; one that was still waiting is replaced.
  void start(std::chrono::milliseconds delay, std::function<void()> task);
  /// After this the task does not come any more.
  void cancel();

 private:
  asio::steady_timer timer_;
  /// Tells a handler that was already on its way that it was cancelled; shared, since that one may outlive us.
  std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace ekws::net

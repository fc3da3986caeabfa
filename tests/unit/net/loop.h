// An io_context that a test runs until something has come about.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <chrono>

#include "net/io_context.h"

namespace ekws::net {

class Loop {
 public:
  /// Runs handlers until `condition` holds; false when it does not within the deadline.
  template <typename Condition>
  bool until(Condition condition, std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= end) return false;
      io_.run_one_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  /// For what must not happen: runs everything that is due in this time.
  void run_for(std::chrono::milliseconds time) {
    until([] { return false; }, time);
  }

  IoContext& io() { return io_; }

 private:
  IoContext io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
};

}  // namespace ekws::net

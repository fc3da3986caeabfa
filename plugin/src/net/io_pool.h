// The io threads. The one thing of the core that lives as long as the process.
#pragma once

#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"

namespace ekws::net {

/// What runs the handlers of one io thread.
using IoContext = asio::io_context;

/// Between two tries of what must be done and needs memory that is not there.
constexpr std::chrono::milliseconds kNoMemoryRest{100};

/// What has to go on although memory ran out in the middle of it. io thread.
class Recoverable {
 public:
  virtual ~Recoverable() = default;
  /// Looks for what was left undone, whatever it is, and does it. Throws where there is still no memory.
  virtual void recover() = 0;
};

/// One thread that runs an io_context. Everything of an endpoint happens on one of these, so that endpoints need no
/// locks. All signals are blocked in it: they are the host's.
class IoThread {
 public:
  IoThread();
  ~IoThread();

  IoContext& context() { return context_; }

  /// Runs `task` on the thread, soon. Any thread.
  void post(std::function<void()> task);
  /// The same; false where there is no memory for it.
  bool try_post(const std::function<void()>& task) noexcept;

  /// Runs `task` on the thread and waits for it; an exception comes back. Any thread but this one.
  void run(std::function<void()> task);

  // io thread
  void add(Recoverable& one) { recoverables_.push_back(&one); }
  void remove(const Recoverable& one);
  /// Calls recover() of all that were added, kNoMemoryRest from now and again until none throws; needs no memory. What
  /// a handler throws has the same effect.
  void recover_soon() noexcept;

  /// For choosing the least used one.
  std::atomic<int> users{0};

 private:
  void loop();
  void recover();

  std::vector<Recoverable*> recoverables_;
  std::optional<std::chrono::steady_clock::time_point> recover_at_;
  std::atomic<bool> ending_{false};
  IoContext context_{1};
  asio::executor_work_guard<IoContext::executor_type> work_;
  std::thread thread_;
};

/// A share in an io thread, counted while it lives.
class IoLease {
 public:
  IoLease() = default;
  explicit IoLease(std::shared_ptr<IoThread> thread) : thread_(std::move(thread)) { ++thread_->users; }
  ~IoLease() {
    if (thread_) --thread_->users;
  }
  IoLease(IoLease&& other) noexcept = default;
  IoLease& operator=(IoLease&& other) noexcept {
    std::swap(thread_, other.thread_);
    return *this;
  }
  IoLease(const IoLease&) = delete;
  IoLease& operator=(const IoLease&) = delete;

  const std::shared_ptr<IoThread>& thread() const { return thread_; }

 private:
  std::shared_ptr<IoThread> thread_;
};

/// Up to as many threads as there are processors, four at most, each started when it is first needed. Threads stay: an
/// io_context cannot be destroyed before every name look-up it started has ended, and those cannot be cancelled.
class IoPool {
 public:
  /// The least used thread. Any thread. Throws Failure when no thread can be started.
  IoLease acquire();

 private:
  static constexpr std::size_t kMax = 4;

  std::mutex mutex_;
  std::array<std::shared_ptr<IoThread>, kMax> threads_;  // guarded by mutex_
};

}  // namespace ekws::net

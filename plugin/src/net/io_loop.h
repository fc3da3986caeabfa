// The io loops. The one thing of the core that lives as long as the process.
#pragma once

#include <array>
#include <asio/executor_work_guard.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "net/io_context.h"
#include "net/read_buffer.h"

namespace ekws::net {

/// Between two tries of what must be done and needs memory that is not there.
constexpr std::chrono::milliseconds kNoMemoryRest{100};

/// What has to go on although memory ran out in the middle of it. io thread.
class Recoverable {
 public:
  virtual ~Recoverable() = default;
  /// Looks for what was left undone, whatever it is, and does it. Throws where there is still no memory.
  virtual void recover() = 0;
};

/// What one thread at a time runs, of whoever uses the core: in comments that one is the io thread. Everything of an
/// endpoint happens there, so that endpoints need no locks.
class IoLoop {
 public:
  /// Throws std::system_error where a descriptor is lacking, or std::bad_alloc.
  IoLoop();

  IoContext& context() { return context_; }

  /// A duplicate, non-blocking, that is readable when turn() has something to do (see IoContext). Any thread. Throws
  /// Failure (EKWS_E_DESCRIPTORS).
  Fd descriptor();

  struct Turn {
    bool busy = false;  ///< somebody else is in it: nothing was done
    bool more = false;  ///< there is more to do; descriptor() need not tell of it
    /// The next turn is wanted by then, whatever descriptor() says.
    std::optional<std::chrono::milliseconds> within;
  };
  /// Does what there is to do, for a bounded time and little more than until `enough`; does not wait. Any thread, which
  /// is the io thread meanwhile.
  Turn turn(const std::function<bool()>& enough) noexcept;

  /// Runs `task` on the io thread, soon. Any thread.
  void post(std::function<void()> task) { context_.post(std::move(task)); }
  /// The same; false where there is no memory for it.
  bool try_post(const std::function<void()>& task) noexcept;

  /// recover_soon(), from any thread.
  void ask_to_recover() noexcept;

  /// Runs `task` on the io thread and waits for it; an exception comes back. Any thread but the io thread.
  void run(std::function<void()> task);

  // io thread
  void add(Recoverable& one) { recoverables_.push_back(&one); }
  void remove(const Recoverable& one);
  /// Calls recover() of all that were added, kNoMemoryRest from now and again until none throws; needs no memory. What
  /// a handler throws has the same effect.
  void recover_soon() noexcept;

  /// Where the connections of this loop read to.
  const std::shared_ptr<ReadBuffer>& buffer() const { return buffer_; }

  /// For choosing the least used one.
  std::atomic<int> users{0};

 private:
  using Clock = std::chrono::steady_clock;

  bool run_one() noexcept;
  void recover() noexcept;

  const std::shared_ptr<ReadBuffer> buffer_;
  std::vector<Recoverable*> recoverables_;
  std::optional<Clock::time_point> recover_at_;
  std::atomic<bool> recovery_asked_{false};
  std::atomic<bool> in_turn_{false};
  IoContext context_;
  asio::executor_work_guard<IoContext::executor_type> work_;
};

/// A share in an io loop, counted while it lives.
class IoLease {
 public:
  IoLease() = default;
  explicit IoLease(std::shared_ptr<IoLoop> loop) : loop_(std::move(loop)) { ++loop_->users; }
  ~IoLease() {
    if (loop_) --loop_->users;
  }
  IoLease(IoLease&& other) noexcept = default;
  IoLease& operator=(IoLease&& other) noexcept {
    std::swap(loop_, other.loop_);
    return *this;
  }
  IoLease(const IoLease&) = delete;
  IoLease& operator=(const IoLease&) = delete;

  const std::shared_ptr<IoLoop>& loop() const { return loop_; }

 private:
  std::shared_ptr<IoLoop> loop_;
};

/// Up to as many loops as there are processors, four at most. Loops stay: an io_context cannot be destroyed before
/// every name look-up it started has ended, and those cannot be cancelled. Any thread.
class IoPool {
 public:
  static std::size_t size() noexcept;

  /// The descriptor of a loop, which is made where it is not there; who asks for it runs the loop from now on. `number`
  /// is below size(). Throws Failure (EKWS_E_DESCRIPTORS) or std::bad_alloc.
  Fd open(std::size_t number);
  /// Null where it was not opened, or there is none of this number. No lock.
  IoLoop* find(std::size_t number) const;
  /// The least used of those that were opened. Throws Failure where there is none.
  IoLease acquire();

 private:
  static constexpr std::size_t kMax = 4;

  std::mutex mutex_;
  std::array<std::shared_ptr<IoLoop>, kMax> loops_;  ///< those that were opened; guarded by mutex_
  std::array<std::atomic<IoLoop*>, kMax> opened_{};  ///< the same, for find()
};

}  // namespace ekws::net

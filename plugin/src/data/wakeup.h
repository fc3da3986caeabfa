// How a queue has its reader woken.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "ekws/ekws.h"

namespace ekws::data {

class Wakeup;

/// Readers to be woken, for whoever runs a loop to fetch. Thread-safe; needs no memory.
class Wakeups {
 public:
  /// Fetches up to `capacity`, oldest first.
  std::size_t take(ekws_woken* out, std::size_t capacity);
  bool any() const { return waiting_.load(std::memory_order_relaxed) != 0; }

 private:
  friend class Wakeup;
  void add(Wakeup& one);
  void remove(Wakeup& one);
  void unlink(Wakeup& one);

  std::mutex mutex_;
  Wakeup* first_ = nullptr;  // guarded by mutex_
  Wakeup* last_ = nullptr;   // guarded by mutex_
  std::atomic<std::size_t> waiting_{0};
};

/// Of one channel of a subscription: told once for as long as its reader has not answered. Thread-safe.
class Wakeup {
 public:
  /// `all` outlives it.
  Wakeup(Wakeups& all, ekws_woken who) : all_(all), who_(who) {}
  ~Wakeup() { all_.remove(*this); }
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// After something was queued. Only if the reader may be asleep.
  void signal() {
    if (!signalled_.exchange(true)) all_.add(*this);
  }

  /// By the reader, before it looks at the queue: what is queued from now on signals again. The exchange here and the
  /// one in signal() order "queue, then signal" against "answer, then look": one of the two sides sees the other.
  void answer() { signalled_.exchange(false); }

 private:
  friend class Wakeups;

  Wakeups& all_;
  const ekws_woken who_;
  std::atomic<bool> signalled_{false};
  // guarded by the mutex of all_
  bool listed_ = false;
  Wakeup* previous_ = nullptr;
  Wakeup* next_ = nullptr;
};

}  // namespace ekws::data

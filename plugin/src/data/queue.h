// The bounded queue between an io thread and the reader of a subscription.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "data/batch.h"
#include "data/record.h"
#include "data/wakeup.h"

namespace ekws::data {

/// Single producer (io thread), single consumer (the poll thread); no locks. It never refuses a record: at the high
/// mark it asks its producer to stop reading (full() turns true), at the low mark (half) it calls `on_room` once, on
/// the consumer's thread. Payload bytes count, and records.
class Queue {
 public:
  Queue(std::uint64_t max_bytes, std::uint64_t max_records, std::function<void()> on_room);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // io thread
  /// Queues; not visible as a wake-up until flush().
  void push(Record&& record);
  /// Wakes the reader for what was pushed since.
  void flush();
  /// True from the high mark until the consumer has drained to the low one.
  bool full();

  // poll thread
  /// Moves what fits into `batch` and sets its `more`.
  void drain(Batch& batch);

  // any thread
  const Wakeup& wakeup() const { return wakeup_; }
  std::uint64_t queued_bytes() const { return difference(pushed_bytes_, drained_bytes_); }
  std::uint64_t queued_records() const { return difference(pushed_records_, drained_records_); }
  std::uint64_t pushed_bytes() const { return pushed_bytes_.load(); }
  std::uint64_t pushed_records() const { return pushed_records_.load(); }
  std::uint64_t pauses() const { return pauses_.load(std::memory_order_relaxed); }
  bool resting() const { return resting_.load(); }

 private:
  struct Block;
  using Counter = std::atomic<std::uint64_t>;

  /// What was drained is read first: it never passes what was pushed.
  static std::uint64_t difference(const Counter& pushed, const Counter& drained) {
    const std::uint64_t gone = drained.load();
    return pushed.load() - gone;
  }
  bool above_high() const;
  bool below_low() const;
  Block* front();

  const std::uint64_t max_bytes_;
  const std::uint64_t max_records_;
  const std::function<void()> on_room_;
  Wakeup wakeup_;

  // Written by the producer only.
  Block* tail_;
  bool unflushed_ = false;
  Counter pushed_bytes_{0};
  Counter pushed_records_{0};
  Counter pauses_{0};

  // Set by the producer, cleared by whoever finds room first.
  std::atomic<bool> resting_{false};

  // Written by the consumer only.
  Block* head_;
  std::size_t taken_ = 0;  ///< of head_
  Counter drained_bytes_{0};
  Counter drained_records_{0};
};

}  // namespace ekws::data

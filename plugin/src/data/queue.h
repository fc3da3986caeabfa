// The bounded queue between an io thread and the reader of a subscription.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/spares.h"
#include "data/batch.h"
#include "data/record.h"
#include "data/wakeup.h"

namespace ekws::data {

/// Single producer (io thread), single consumer (the poll thread); no locks. It never refuses a record: at the high
/// mark it asks its producer to stop reading (full() turns true), at the low mark (half) it calls `on_room` once, on
/// the consumer's thread. Payload bytes count, and records; blocks leave a quarter of
/// their memory empty at most, and a record takes 80 bytes besides.
class Queue {
 public:
  /// `wakeup` outlives it; `on_room` does not throw.
  Queue(std::uint64_t max_bytes, std::uint64_t max_records, Wakeup& wakeup, std::function<void()> on_room);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // io thread
  /// Queues; not visible as a wake-up until flush(). Where the payload lies in `memory`, that may be moved from.
  void push(const RecordView& record, Bytes* memory = nullptr);
  /// Wakes the reader for what was pushed since.
  void flush();
  /// True from the high mark until the consumer has drained to the low one.
  bool full();

  // poll thread
  /// Moves what fits into `batch` and sets its `more`.
  void drain(Batch& batch);

  // any thread
  std::uint64_t queued_bytes() const { return difference(pushed_bytes_, drained_bytes_); }
  std::uint64_t queued_records() const { return difference(pushed_records_, drained_records_); }
  std::uint64_t pushed_bytes() const { return pushed_bytes_.load(); }
  std::uint64_t pushed_records() const { return pushed_records_.load(); }
  std::uint64_t pauses() const { return pauses_.load(std::memory_order_relaxed); }
  bool resting() const { return resting_.load(); }

 private:
  struct Block;
  /// So many wait for the producer, from which the consumer has taken everything: most of what a read fills.
  static constexpr std::size_t kSpares = 8;
  /// What one thread writes for itself does not take the other's line away from it.
  static constexpr std::size_t kCacheLine = 64;
  using Counter = std::atomic<std::uint64_t>;

  /// What was drained is read first: it never passes what was pushed.
  static std::uint64_t difference(const Counter& pushed, const Counter& drained) {
    const std::uint64_t gone = drained.load();
    return pushed.load() - gone;
  }
  bool above_high() const;
  bool below_low() const;
  Block& block_for(std::size_t copied);
  const RecordView* front();

  const std::uint64_t max_bytes_;
  const std::uint64_t max_records_;
  const std::function<void()> on_room_;
  Wakeup& wakeup_;

  Spares<Block, kSpares> spares_;

  // Written by the producer only.
  alignas(kCacheLine) Block* tail_;
  bool unflushed_ = false;
  Counter pushed_bytes_{0};
  Counter pushed_records_{0};
  Counter pauses_{0};

  // Set by the producer, cleared by whoever finds room first.
  std::atomic<bool> resting_{false};

  // Written by the consumer only.
  alignas(kCacheLine) Block* head_;
  std::size_t taken_ = 0;   ///< of head_
  std::size_t filled_ = 0;  ///< of head_, when last looked at
  Counter drained_bytes_{0};
  Counter drained_records_{0};
};

}  // namespace ekws::data

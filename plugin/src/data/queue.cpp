#include "data/queue.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace ekws::data {

/// A run of records and the payloads of the small ones, one after the other. The producer fills it front to back and
/// links the next one; the consumer gives it back behind itself.
struct Queue::Block {
  static constexpr std::size_t kRecords = 256;
  static constexpr std::size_t kBytes = 64 * 1024;
  /// Larger payloads stay in memory of their own, so that no more than a quarter of a block is left empty.
  static constexpr std::size_t kLargestCopied = kBytes / 4;

  std::atomic<Block*> next{nullptr};
  std::size_t used = 0;  ///< of `bytes`; the producer's
  std::array<RecordView, kRecords> records;
  std::array<Bytes, kRecords> own;                         ///< payloads of large ones, out of the way of the others
  std::array<char, kBytes> bytes;                          // not touched before it is used
  alignas(kCacheLine) std::atomic<std::size_t> filled{0};  ///< records
};

Queue::Queue(std::uint64_t max_bytes, std::uint64_t max_records, Wakeup& wakeup, std::function<void()> on_room)
    : max_bytes_(max_bytes),
      max_records_(max_records),
      on_room_(std::move(on_room)),
      wakeup_(wakeup),
      tail_(new Block),
      head_(tail_) {}

Queue::~Queue() {
  while (head_ != nullptr) delete std::exchange(head_, head_->next.load());
}

/// The last block, or a new one where that has no room.
Queue::Block& Queue::block_for(std::size_t copied) {
  const bool has_place = tail_->filled.load(std::memory_order_relaxed) < Block::kRecords;
  if (has_place && copied <= Block::kBytes - tail_->used) return *tail_;
  std::unique_ptr<Block> block = spares_.take();
  if (!block) block.reset(new Block);
  tail_->next.store(block.get(), std::memory_order_release);
  tail_ = block.release();
  return *tail_;
}

void Queue::push(const RecordView& record, Bytes* memory) {
  const std::size_t size = record.payload.size();
  const bool copied = size <= Block::kLargestCopied;
  Block& block = block_for(copied ? size : 0);
  const std::size_t at = block.filled.load(std::memory_order_relaxed);
  std::string_view payload;
  if (copied) {
    char* const to = block.bytes.data() + block.used;
    std::copy_n(record.payload.data(), size, to);
    block.used += size;
    payload = {to, size};
  } else {
    if (memory != nullptr) {
      block.own[at] = std::move(*memory);
    } else {
      block.own[at].append(record.payload.data(), size);
    }
    payload = block.own[at].view();
  }
  // Behind the payload: the fields, which the caller has just written one by one, are loaded as vectors, for which the
  // processor waits until they are in its cache.
  RecordView& queued = block.records[at];
  queued = record;
  queued.payload = payload;
  // Only the consumer takes from these two, and only what it can see: the store to `filled` orders them.
  pushed_bytes_.store(pushed_bytes_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  pushed_records_.store(pushed_records_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  block.filled.store(at + 1, std::memory_order_release);
  unflushed_ = true;
}

void Queue::flush() {
  if (std::exchange(unflushed_, false)) wakeup_.signal();
}

bool Queue::above_high() const { return queued_bytes() >= max_bytes_ || queued_records() >= max_records_; }

bool Queue::below_low() const { return queued_bytes() <= max_bytes_ / 2 && queued_records() <= max_records_ / 2; }

bool Queue::full() {
  if (resting_.load(std::memory_order_relaxed)) return true;
  if (!above_high()) return false;
  resting_.store(true);
  // The consumer may have drained everything between the two lines above, in which case nobody would call on_room.
  if (below_low() && resting_.exchange(false)) return false;
  pauses_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// The next record to be taken; null where there is none.
const RecordView* Queue::front() {
  while (taken_ == filled_) {
    filled_ = head_->filled.load(std::memory_order_acquire);
    if (taken_ < filled_) break;
    Block* next = head_->next.load(std::memory_order_acquire);
    if (next == nullptr) return nullptr;
    // It was linked after the last record of this one: what `filled` says now is all there will ever be.
    if (taken_ < head_->filled.load(std::memory_order_acquire)) continue;
    std::unique_ptr<Block> empty(std::exchange(head_, next));
    empty->next.store(nullptr, std::memory_order_relaxed);
    empty->filled.store(0, std::memory_order_relaxed);
    empty->used = 0;
    spares_.give(std::move(empty));
    taken_ = filled_ = 0;
  }
  return &head_->records[taken_];
}

void Queue::drain(Batch& batch) {
  wakeup_.answer();
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  const RecordView* record = nullptr;
  while ((record = front()) != nullptr && batch.put(*record)) {
    bytes += record->payload.size();
    ++records;
    if (record->payload.size() > Block::kLargestCopied) head_->own[taken_] = Bytes();
    ++taken_;
  }
  batch.out().more = record != nullptr ? 1 : 0;
  drained_bytes_.store(drained_bytes_.load(std::memory_order_relaxed) + bytes);
  drained_records_.store(drained_records_.load(std::memory_order_relaxed) + records);
  if (resting_.load() && below_low() && resting_.exchange(false)) on_room_();
}

}  // namespace ekws::data

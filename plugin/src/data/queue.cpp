#include "data/queue.h"

#include <array>
#include <utility>

namespace ekws::data {

/// A run of records. The producer fills it front to back and links the next one; the consumer frees it behind itself.
struct Queue::Block {
  static constexpr std::size_t kSize = 128;
  std::array<Record, kSize> records;
  std::atomic<std::size_t> filled{0};
  std::atomic<Block*> next{nullptr};
};

Queue::Queue(std::uint64_t max_bytes, std::uint64_t max_records, std::function<void()> on_room)
    : max_bytes_(max_bytes), max_records_(max_records), on_room_(std::move(on_room)), tail_(new Block), head_(tail_) {}

Queue::~Queue() {
  while (head_ != nullptr) delete std::exchange(head_, head_->next.load());
}

void Queue::push(Record&& record) {
  std::size_t at = tail_->filled.load(std::memory_order_relaxed);
  if (at == Block::kSize) {
    auto* block = new Block;
    tail_->next.store(block, std::memory_order_release);
    tail_ = block;
    at = 0;
  }
  pushed_bytes_.store(pushed_bytes_.load(std::memory_order_relaxed) + record.payload.size());
  pushed_records_.store(pushed_records_.load(std::memory_order_relaxed) + 1);
  tail_->records[at] = std::move(record);
  tail_->filled.store(at + 1, std::memory_order_release);
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

Queue::Block* Queue::front() {
  if (taken_ == Block::kSize) {
    Block* next = head_->next.load(std::memory_order_acquire);
    if (next == nullptr) return nullptr;
    delete std::exchange(head_, next);
    taken_ = 0;
  }
  return taken_ < head_->filled.load(std::memory_order_acquire) ? head_ : nullptr;
}

void Queue::drain(Batch& batch) {
  wakeup_.answer();
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  Block* block = nullptr;
  while ((block = front()) != nullptr && batch.put(block->records[taken_])) {
    std::string taken = std::move(block->records[taken_++].payload);  // freed here, not with the block
    bytes += taken.size();
    ++records;
  }
  batch.out().more = block != nullptr ? 1 : 0;
  drained_bytes_.store(drained_bytes_.load(std::memory_order_relaxed) + bytes);
  drained_records_.store(drained_records_.load(std::memory_order_relaxed) + records);
  if (resting_.load() && below_low() && resting_.exchange(false)) {
    try {
      on_room_();
    } catch (...) {
      // Out of memory. What was taken must get to its reader all the same; the next drain tries again, and comes.
      resting_.store(true);
      wakeup_.signal();
    }
  }
}

}  // namespace ekws::data

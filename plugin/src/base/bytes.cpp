#include "base/bytes.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ekws {

std::unique_ptr<BytesPool::Memory> BytesPool::take(std::size_t size) {
  if (size >= kSmallest) {
    // What does not fit is let go: the messages have another size now.
    auto spare = spares_.take();
    if (spare && spare->capacity >= size && spare->capacity / 2 <= size) return spare;
  }
  return std::make_unique<Memory>(size);
}

void BytesPool::give(std::unique_ptr<Memory> memory) {
  if (memory && memory->capacity >= kSmallest && memory->capacity <= kLargest) spares_.give(std::move(memory));
}

Bytes& Bytes::operator=(Bytes&& other) noexcept {
  if (this == &other) return *this;
  drop();
  pool_ = other.pool_;  // both may need it
  memory_ = std::move(other.memory_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void Bytes::reserve(std::size_t size) {
  if (size <= capacity()) return;
  auto larger = pool_ ? pool_->take(size) : std::make_unique<BytesPool::Memory>(size);
  if (size_ != 0) std::memcpy(larger->bytes.get(), data(), size_);
  memory_.swap(larger);
  if (pool_) pool_->give(std::move(larger));
}

void Bytes::append(const char* data, std::size_t size) {
  if (size == 0) return;
  const bool in_place = size <= capacity() - size_ && data == this->data() + size_;
  if (!in_place) {
    if (size > capacity() - size_) reserve(std::max(size_ + size, 2 * capacity()));
    std::memcpy(this->data() + size_, data, size);
  }
  size_ += size;
}

void Bytes::drop() {
  size_ = 0;
  if (pool_) {
    pool_->give(std::move(memory_));
  } else {
    memory_.reset();
  }
}

}  // namespace ekws

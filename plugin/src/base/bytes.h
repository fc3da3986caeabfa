// Memory of a payload.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "base/spares.h"

namespace ekws {

/// Keeps memory of large payloads between one and the next: it need not be taken from the system, page by page, each
/// time. A MiB at most. Any thread; no locks.
class BytesPool {
 public:
  struct Memory {
    explicit Memory(std::size_t size) : bytes(new char[size]), capacity(size) {}
    std::unique_ptr<char[]> bytes;
    std::size_t capacity;
  };

  /// At least so much, not initialised. Throws std::bad_alloc.
  std::unique_ptr<Memory> take(std::size_t size);
  void give(std::unique_ptr<Memory> memory);

 private:
  static constexpr std::size_t kPlaces = 4;
  static constexpr std::size_t kSmallest = 8 * 1024;
  static constexpr std::size_t kLargest = 256 * 1024;

  Spares<Memory, kPlaces> spares_;
};

/// Memory to be written to.
struct Room {
  char* data = nullptr;
  std::size_t size = 0;
};

/// Bytes that become more. Their memory comes from a pool and goes back there, whichever thread they end on.
class Bytes {
 public:
  explicit Bytes(std::shared_ptr<BytesPool> pool) : pool_(std::move(pool)) {}
  Bytes() = default;  ///< without a pool
  Bytes(Bytes&& other) noexcept { *this = std::move(other); }
  Bytes& operator=(Bytes&& other) noexcept;
  ~Bytes() { drop(); }

  char* data() const { return memory_ ? memory_->bytes.get() : nullptr; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return memory_ ? memory_->capacity : 0; }
  std::string_view view() const { return {data(), size_}; }

  /// Room for so many in all. Throws std::bad_alloc.
  void reserve(std::size_t size);
  /// These lie behind the last one, or anywhere else. Throws std::bad_alloc.
  void append(const char* data, std::size_t size);
  /// Empty again, and its memory given back.
  void drop();

 private:
  std::shared_ptr<BytesPool> pool_;
  std::unique_ptr<BytesPool::Memory> memory_;
  std::size_t size_ = 0;
};

}  // namespace ekws

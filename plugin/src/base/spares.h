// A few objects that wait to be used again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace ekws {

/// What finds no place is deleted. Any thread; no locks.
template <typename T, std::size_t kPlaces>
class Spares {
 public:
  ~Spares() {
    while (take()) {
    }
  }

  /// Null where there is none.
  std::unique_ptr<T> take() {
    for (auto& place : places_) {
      if (place.load(std::memory_order_relaxed) == nullptr) continue;
      if (T* spare = place.exchange(nullptr, std::memory_order_acquire)) return std::unique_ptr<T>(spare);
    }
    return nullptr;
  }

  void give(std::unique_ptr<T> spare) {
    for (auto& place : places_) {
      T* empty = nullptr;
      if (place.compare_exchange_strong(empty, spare.get(), std::memory_order_release, std::memory_order_relaxed)) {
        static_cast<void>(spare.release());
        return;
      }
    }
  }

 private:
  std::array<std::atomic<T*>, kPlaces> places_{};
};

}  // namespace ekws

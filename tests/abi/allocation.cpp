#include "allocation.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

thread_local long left = 0;  ///< 0: off
thread_local bool failed = false;

std::atomic<bool> elsewhere{false};
thread_local bool here = false;  ///< the thread that has set `elsewhere`
std::atomic<long> counted{0};
std::atomic<long> first{0};
std::atomic<long> count{0};

bool fails() {
  if (left > 0 && --left == 0) return failed = true;
  if (here || !elsewhere) return false;
  const long nth = ++counted;
  return nth >= first && nth - first < count;
}

void* allocate(std::size_t size) { return fails() ? nullptr : std::malloc(size != 0 ? size : 1); }

}  // namespace

namespace allocation {

void fail_at(long n) {
  failed = false;
  left = n;
}

bool stop() {
  left = 0;
  return failed;
}

void fail_elsewhere_at(long n, long many) {
  here = true;
  counted = 0;
  first = n;
  count = many;
  elsewhere = true;
}

bool stop_elsewhere() {
  elsewhere = false;
  return failed_elsewhere();
}

bool failed_elsewhere() { return counted >= first; }

}  // namespace allocation

void* operator new(std::size_t size) {
  void* memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  void* memory = fails() ? nullptr : std::aligned_alloc(unit, (size + unit - 1) / unit * unit);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

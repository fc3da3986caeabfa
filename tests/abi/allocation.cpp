#include "allocation.h"

#include <cstdlib>
#include <new>

namespace {

thread_local long left = 0;  ///< 0: off
thread_local bool failed = false;

void* allocate(std::size_t size) {
  if (left > 0 && --left == 0) {
    failed = true;
    return nullptr;
  }
  return std::malloc(size != 0 ? size : 1);
}

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

}  // namespace allocation

void* operator new(std::size_t size) {
  void* memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

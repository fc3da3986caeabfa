#include "data/wakeup.h"

namespace ekws::data {

void Wakeups::add(Wakeup& one) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (one.listed_) return;  // answered before it was fetched
  one.listed_ = true;
  one.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &one;
  last_ = &one;
  waiting_.fetch_add(1, std::memory_order_relaxed);
}

void Wakeups::remove(Wakeup& one) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (one.listed_) unlink(one);
}

/// With the mutex.
void Wakeups::unlink(Wakeup& one) {
  (one.previous_ == nullptr ? first_ : one.previous_->next_) = one.next_;
  (one.next_ == nullptr ? last_ : one.next_->previous_) = one.previous_;
  one.previous_ = one.next_ = nullptr;
  one.listed_ = false;
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t Wakeups::take(ekws_woken* out, std::size_t capacity) {
  if (!any()) return 0;
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t count = 0;
  for (; count < capacity && first_ != nullptr; ++count) {
    out[count] = first_->who_;
    unlink(*first_);
  }
  return count;
}

}  // namespace ekws::data

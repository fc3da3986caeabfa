// The eventfd by which a queue wakes its reader.
#pragma once

#include <atomic>

#include "base/fd.h"

namespace ekws::data {

/// One eventfd; written once for as long as the reader has not answered. Thread-safe.
class Wakeup {
 public:
  /// Throws Failure (EKWS_E_DESCRIPTORS) when no descriptor is to be had.
  Wakeup();

  /// After something was queued. Writes only if the reader may be asleep.
  void signal();

  /// By the reader, before it looks at the queue: what is queued from now on signals again. The exchange here and the
  /// one in signal() order "queue, then signal" against "answer, then look": one of the two sides sees the other.
  void answer() { signalled_.exchange(false); }

  /// A duplicate for the reader, which owns it. Throws Failure as above.
  Fd duplicate() const;

 private:
  Fd fd_;
  std::atomic<bool> signalled_{false};
};

}  // namespace ekws::data

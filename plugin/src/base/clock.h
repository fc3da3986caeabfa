// Wall clock for receive times; timers run on the steady clock and do not come here.
#pragma once

#include <chrono>
#include <cstdint>

namespace ekws {

/// Nanoseconds since 1970, wall clock. Any thread.
inline std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace ekws

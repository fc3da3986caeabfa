// Makes operator new fail at a chosen allocation. For the whole test binary.
#pragma once

#include <limits>

namespace allocation {

constexpr long kAllThatFollow = std::numeric_limits<long>::max();

/// From now on the n-th allocation of this thread (the first is 1) fails, once; earlier and later ones do not.
void fail_at(long n);
/// None fails any more. True if the chosen one was reached.
bool stop();

/// The same for the threads of the core: of all others than this one. From the n-th on so many fail.
void fail_elsewhere_at(long n, long count);
bool stop_elsewhere();
/// Whether the chosen one was reached so far.
bool failed_elsewhere();

}  // namespace allocation

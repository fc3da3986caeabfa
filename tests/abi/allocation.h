// Makes operator new fail at a chosen allocation of the calling thread. For the whole test binary.
#pragma once

namespace allocation {

/// From now on the n-th allocation of this thread (the first is 1) fails, once; earlier and later ones do not.
void fail_at(long n);
/// None fails any more. True if the chosen one was reached.
bool stop();

}  // namespace allocation

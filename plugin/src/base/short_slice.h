// How soon a thread gets a processor.
#pragma once

namespace ekws {

/// Asks the kernel for short slices for the calling thread: it gets no more of a processor, but gets it sooner after it
/// was woken, where others keep all processors busy (Linux 6.12, EEVDF; older ones take no notice, and nothing is
/// lost). Policy and nice value stay as they are. What cannot be had is not an error.
void ask_for_short_slices() noexcept;

}  // namespace ekws

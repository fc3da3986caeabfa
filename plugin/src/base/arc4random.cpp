// The statically linked std::random_device calls arc4random, which glibc has since 2.36 only. With one of our own,
// hidden like all of the core, the plugin loads with glibc 2.35 (Ubuntu 22.04) as well.
#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

extern "C" std::uint32_t arc4random() noexcept {
  std::uint32_t value = 0;
  while (::getrandom(&value, sizeof value, 0) != sizeof value) {
    if (errno == EINTR) continue;
    // No such call: a kernel before 3.17, which no glibc this is for runs on. A caller cannot be told; what comes of
    // it are delays and masks of frames, TLS has a source of its own.
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint32_t>(now.tv_nsec);
  }
  return value;
}

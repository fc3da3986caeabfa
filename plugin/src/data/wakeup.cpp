#include "data/wakeup.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/error.h"

namespace ekws::data {

namespace {

Fd checked(Fd fd) {
  if (!fd) throw Failure({EKWS_E_DESCRIPTORS, std::string("no descriptor for a queue's eventfd: ") + strerror(errno)});
  return fd;
}

}  // namespace

Wakeup::Wakeup() : fd_(checked(Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)))) {}

void Wakeup::signal() {
  if (signalled_.exchange(true)) return;
  const std::uint64_t one = 1;
  // Fails only where the counter is at its top, that is where the descriptor is readable anyway.
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

Fd Wakeup::duplicate() const { return checked(fd_.duplicate()); }

}  // namespace ekws::data

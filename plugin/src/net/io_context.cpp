#include "net/io_context.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <asio/detail/epoll_reactor.hpp>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "base/fd.h"

namespace ekws::net {

namespace {

Fd event_descriptor() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

using Reactor = asio::detail::epoll_reactor;

/// Asio keeps its descriptors to itself, and has no other way to be waited for from outside. An explicit instantiation
/// may name what is private ([temp.spec]/6); another name in another Asio does not compile.
int epoll_of(const Reactor& reactor);
int timer_of(const Reactor& reactor);
template <int Reactor::*Epoll, int Reactor::*Timer>
struct Descriptors {
  friend int epoll_of(const Reactor& reactor) { return reactor.*Epoll; }
  friend int timer_of(const Reactor& reactor) { return reactor.*Timer; }
};
template struct Descriptors<&Reactor::epoll_fd_, &Reactor::timer_fd_>;

int descriptor_of(asio::io_context& context) {
  const auto& reactor = asio::use_service<Reactor>(context);
  // Asio does without a timerfd by not waiting too long itself; a thread that waits elsewhere would miss the timers.
  if (timer_of(reactor) < 0) throw std::system_error(EMFILE, std::generic_category(), "timerfd");
  return epoll_of(reactor);
}

}  // namespace

IoContext::IoContext() : asio::io_context(1), posts_(*this), descriptor_(descriptor_of(*this)) {
  Fd fd = event_descriptor();
  posts_.assign(fd.get());
  [[maybe_unused]] const int now_of_posts = fd.release();
}

bool IoContext::is_ready() const {
  pollfd waited{descriptor_, POLLIN, 0};
  return ::poll(&waited, 1, 0) == 1;
}

void IoContext::tell_of_posts() {
  if (telling_) return;
  posts_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& ec) {
    telling_ = false;
    if (ec) return;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(posts_.native_handle(), &count, sizeof count);
    woken_.exchange(false);  // behind the read, which would take what is written by then
    tell_of_posts();
  });
  telling_ = true;
}

void IoContext::wake() noexcept {
  if (woken_.exchange(true)) return;
  const std::uint64_t one = 1;
  // Fails only where the counter is at its top, that is where the descriptor is readable anyway.
  [[maybe_unused]] const auto written = ::write(posts_.native_handle(), &one, sizeof one);
}

}  // namespace ekws::net

#include "net/hangups.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/fd.h"

namespace ekws::net {

namespace {

int epoll_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return set;
}

}  // namespace

asio::execution_context::id Hangups::id;

Hangups::Hangups(asio::execution_context& io)
    : asio::execution_context::service(io), set_(static_cast<IoContext&>(io)) {
  Fd set(epoll_set());
  set_.assign(set.get());
  [[maybe_unused]] const int now_the_descriptors = set.release();
}

void Hangups::shutdown() {
  asio::error_code ignored;
  set_.close(ignored);
  told_.clear();
}

void Hangups::watch(int fd, std::function<void()> told) {
  epoll_event event{};
  event.events = EPOLLRDHUP;
  event.data.fd = fd;
  told_[fd] = std::move(told);
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) {
    told_.erase(fd);
    return;
  }
  wait();
}

void Hangups::forget(int fd) {
  if (told_.erase(fd) != 0) ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, fd, nullptr);
}

void Hangups::wait() {
  if (waiting_) return;
  set_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& ec) {
    waiting_ = false;
    if (!ec) tell();
  });
  waiting_ = true;  // not where that has thrown: the next one to be watched tries again
}

void Hangups::tell() {
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(set_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    const auto found = told_.find(fd);
    if (found == told_.end()) continue;  // forgotten by one that was told before it
    const auto told = std::move(found->second);
    forget(fd);
    told();
  }
  if (!told_.empty()) wait();
}

}  // namespace ekws::net

#include "net/timer.h"

#include <utility>

namespace ekws::net {

void Timer::start(std::chrono::milliseconds delay, std::function<void()> task) {
  const std::uint64_t mine = ++*generation_;
  timer_.expires_after(delay);
  timer_.async_wait([mine, current = generation_, task = std::move(task)](const asio::error_code& ec) {
    if (!ec && mine == *current) task();
  });
}

void Timer::cancel() {
  ++*generation_;
  timer_.cancel();
}

}  // namespace ekws::net

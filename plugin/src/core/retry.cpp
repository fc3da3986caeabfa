#include "core/retry.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <random>
#include <utility>

namespace ekws::core {

std::string next_try(std::chrono::system_clock::time_point due, std::chrono::milliseconds max) {
  const std::time_t at = std::chrono::system_clock::to_time_t(due);
  std::tm utc{};
  ::gmtime_r(&at, &utc);
  std::array<char, 32> time{};
  std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  std::array<char, 64> apart{};
  // The reader is told once a cause: what it was told has to hold for the tries to come as well.
  std::snprintf(apart.data(), apart.size(), ", later ones up to %.1f s apart",
                std::max(0.1, std::chrono::duration<double>(max).count()));  // "0.0 s" reads like a fault
  return std::string("; next try ") + time.data() + apart.data();
}

Retry::Retry(net::IoContext& io, Millis initial, Millis max)
    : max_(max), timer_(io), backoff_(initial, max, [](std::uint64_t bound) {
        std::random_device random;
        return std::uniform_int_distribution<std::uint64_t>(0, bound)(random);
      }) {}

Retry::Millis Retry::schedule(std::function<void()> again, Millis at_least) {
  waiting_ = false;
  const Millis delay = at_least + backoff_.next();
  timer_.start(delay, [this, again = std::move(again)] {
    waiting_ = false;
    again();
  });
  due_ = std::chrono::system_clock::now() + delay;
  at_least_ = at_least;
  waiting_ = true;
  return delay;
}

}  // namespace ekws::core

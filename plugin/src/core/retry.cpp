#include "core/retry.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <random>
#include <utility>

namespace ekws::core {

Retry::Retry(net::IoContext& io, Millis initial, Millis max)
    : timer_(io), backoff_(initial, max, [](std::uint64_t bound) {
        std::random_device random;
        return std::uniform_int_distribution<std::uint64_t>(0, bound)(random);
      }) {}

Retry::Millis Retry::schedule(std::function<void()> again, Millis at_least) {
  const Millis delay = at_least + backoff_.next();
  timer_.start(delay, std::move(again));
  return delay;
}

std::string next_try(std::chrono::milliseconds delay, std::chrono::milliseconds max) {
  const std::time_t at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + delay);
  std::tm utc{};
  ::gmtime_r(&at, &utc);
  std::array<char, 96> text{};
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::max(0.1, std::chrono::duration<double>(time).count());  // "0.0 s" reads like a fault
  };
  // The reader is told once a cause: what it was told has to hold for the tries to come as well.
  std::snprintf(text.data(), text.size(), "; next try in %.1f s (%02d:%02d:%02dZ), later ones up to %.1f s apart",
                seconds(delay), utc.tm_hour, utc.tm_min, utc.tm_sec, seconds(max));
  return text.data();
}

}  // namespace ekws::core

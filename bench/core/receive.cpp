// ekws-receive-…: <messages> <size> <text|binary> <plain|deflate> [folder of the certificate]. Prints the port, and in
// the end messages, CPU and wall time (µs) from the first message to the last.
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "receiver.h"

namespace {

double now_us(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// The first call starts it; its messages do not count.
struct Meter {
  double cpu_begin = 0;
  double wall_begin = 0;
  std::uint64_t first = 0;
  std::uint64_t seen = 0;

  void count(std::uint64_t messages) {
    if (seen == 0) {
      first = messages;
      wall_begin = now_us(CLOCK_MONOTONIC);
      cpu_begin = now_us(CLOCK_PROCESS_CPUTIME_ID);
    }
    seen += messages;
  }
  void print() const {
    std::printf("%llu %.1f %.1f\n", static_cast<unsigned long long>(seen - first),
                now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_begin, now_us(CLOCK_MONOTONIC) - wall_begin);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) return 2;
  const ekws_bench::Work work{std::strtoull(argv[1], nullptr, 10), std::strtoull(argv[2], nullptr, 10),
                              std::string(argv[3]) == "text", std::string(argv[4]) == "deflate",
                              argc == 6 ? argv[5] : ""};
  try {
    Meter meter;
    ekws_bench::receive(
        work,
        [](std::uint16_t port) {
          std::printf("%u\n", static_cast<unsigned>(port));
          std::fflush(stdout);
        },
        [&](std::uint64_t messages) { meter.count(messages); });
    meter.print();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
    return 1;
  }
}

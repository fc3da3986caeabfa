// ekws-bench-client: the sender of the benches that run a real kuiperd. It costs as little as a sender can, so that it
// is not what is measured: frames are made once, and sent in runs.
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <sstream>
#include <stdexcept>

#include "args.h"
#include "fleet.h"

namespace {

using ekws_bench::Sent;

std::int64_t percentile(std::vector<std::int64_t>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

void say(const Sent& sent) {
  std::vector<std::int64_t> late = sent.late;
  std::sort(late.begin(), late.end());
  std::printf(R"({"sent":%llu,"seconds":%.4f,"cpu_us":%.0f,"late_p50_us":%lld,"late_p99_us":%lld})"
              "\n",
              static_cast<unsigned long long>(sent.messages), sent.seconds, sent.cpu_us,
              static_cast<long long>(percentile(late, 0.5)), static_cast<long long>(percentile(late, 0.99)));
  std::fflush(stdout);
}

void obey(ekws_bench::Fleet& fleet, const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  double rate = 0;
  double seconds = 0;
  long tick_us = 0;
  std::uint64_t count = 0;
  words >> verb;
  if (verb == "send" && words >> rate >> seconds >> tick_us && rate >= 0 && tick_us > 0) {
    if (!(words >> count)) count = UINT64_MAX;
    say(fleet.send(rate, seconds, tick_us, count));
  } else {
    throw std::invalid_argument("not understood: " + line);
  }
}

/// As many as this process may have.
void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void run(const ekws_bench::Args& args) {
  ekws_bench::Fleet fleet(args);
  const std::int64_t start = ekws_bench::unix_us();
  fleet.open();
  const double seconds = static_cast<double>(ekws_bench::unix_us() - start) / 1e6;
  auto took = fleet.handshakes();
  std::sort(took.begin(), took.end());
  std::printf(R"({"opened":%zu,"seconds":%.4f,"p50_us":%lld,"p99_us":%lld,"max_us":%lld})"
              "\n",
              fleet.size(), seconds, static_cast<long long>(percentile(took, 0.5)),
              static_cast<long long>(percentile(took, 0.99)), static_cast<long long>(percentile(took, 1)));
  std::fflush(stdout);
  for (std::string line; fleet.next_line(line);) obey(fleet, line);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const ekws_bench::Args args = ekws_bench::parse_args(argc, argv);
    ::prctl(PR_SET_TIMERSLACK, 1000);  // ns; 50 µs otherwise
    allow_descriptors();
    run(args);
  } catch (const std::invalid_argument& e) {
    std::fprintf(stderr, "ekws-bench-client: %s\n%s", e.what(), ekws_bench::usage());
    return 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ekws-bench-client: %s\n", e.what());
    return 1;
  }
}

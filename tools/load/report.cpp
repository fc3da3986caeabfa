#include "report.h"

#include <cinttypes>
#include <cstdio>

namespace ekws_load {

void report_listening(const std::string& address) {
  std::printf("{\"listening\":\"%s\"}\n", address.c_str());
  std::fflush(stdout);
}

void report_ready(uint64_t connections) {
  std::printf("{\"ready\":%" PRIu64 "}\n", connections);
  std::fflush(stdout);
}

void report_progress(double seconds, const Totals& totals, double rate, uint64_t connections) {
  std::printf("{\"progress\":%.1f,\"sent\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"rate\":%.0f,\"connections\":%" PRIu64
              "}\n",
              seconds, totals.sent, totals.bytes, rate, connections);
  std::fflush(stdout);
}

void report_sum(double seconds, const Totals& totals, uint64_t connections) {
  const double rate = seconds > 0 ? static_cast<double>(totals.sent) / seconds : 0;
  std::printf("{\"sent\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"seconds\":%.3f,\"rate\":%.0f,\"connections\":%" PRIu64
              "}\n",
              totals.sent, totals.bytes, seconds, rate, connections);
  std::fflush(stdout);
}

void complain(const std::string& text) { std::fprintf(stderr, "ekws-load: %s\n", text.c_str()); }

}  // namespace ekws_load

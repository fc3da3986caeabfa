// Lines of JSON on stdout.
#pragma once

#include <cstdint>
#include <string>

namespace ekws_load {

/// What was sent up to now.
struct Totals {
  uint64_t sent = 0;   // messages
  uint64_t bytes = 0;  // of their payload
};

/// One line each, written at once.
void report_listening(const std::string& address);

/// All peers are there, sending begins on a signal.
void report_ready(uint64_t connections);

/// `rate` is that of the time since the last such line.
void report_progress(double seconds, const Totals& totals, double rate, uint64_t connections);

void report_sum(double seconds, const Totals& totals, uint64_t connections);

/// A line on stderr.
void complain(const std::string& text);

}  // namespace ekws_load

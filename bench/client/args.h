// The command line of ekws-bench-client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ekws_bench {

struct Args {
  std::uint16_t port = 0;
  std::string path = "/";
  bool tls = false;
  std::size_t connections = 1;
  std::size_t window = 128;  ///< handshakes at a time
  std::string payload;       ///< what each message holds
  long stamp = -1;           ///< where in it the microseconds since 1970 go, 16 digits; -1: nowhere
  bool binary = false;
  bool first = false;  ///< each connection sends one message when it stands, stamped with when it was dialled
};

/// @throws std::invalid_argument
Args parse_args(int argc, char** argv);

const char* usage();

}  // namespace ekws_bench

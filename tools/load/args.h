// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace ekws_load {

enum class Mode { client, server, help };
enum class PayloadKind { sensor, seq, fixed };

/// What to send, to whom, how fast. Sizes in bytes, times in seconds.
struct Args {
  Mode mode = Mode::help;
  std::string host;         // client: where to dial; server: address to listen on
  uint16_t port = 0;        // server: 0 asks the system for one
  std::string target = "";  // path and query; server: the only path served, empty = any
  uint64_t connections = 1;
  uint64_t clients = 1;   // server: how many must be there before sending starts
  uint64_t messages = 0;  // 0 = no limit
  double seconds = 0;     // 0 = no limit
  double rate = 0;        // messages a second in all, 0 = as fast as it goes
  size_t size = 0;        // pad to that, 0 = as long as it is
  bool binary = false;
  PayloadKind payload = PayloadKind::sensor;
  size_t fragment = 0;  // payload bytes a frame at most, 0 = one frame a message
  bool hold = false;    // begin on SIGUSR1 only
  uint64_t first = 1;   // sequence number of the first message
  uint32_t seed = 1;
  double wait = 0;            // client: go on dialling for that long
  double close_timeout = 30;  // for what was sent and the peer's close frame

  bool endless() const { return messages == 0 && seconds <= 0; }
};

/// A command line that cannot be carried out; what() says what and what is allowed.
struct BadArgs : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// @throws BadArgs
Args parse_args(const std::vector<std::string>& words);

const char* usage();

}  // namespace ekws_load

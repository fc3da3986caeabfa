// The opening handshake, both sides (RFC 6455 section 4), by Boost.Beast.
#pragma once

#include <string>

#include "socket.h"

namespace ekws_load {

/// Where a handshake happens and how long it may take. The socket is non-blocking.
struct HandshakeOn {
  int fd;
  Clock::time_point deadline;
  int signal_fd;  // or -1
};

/// Asks for the upgrade. No byte after the response is read.
/// @throws NetError with the HTTP status where there was one, Interrupted
void handshake_as_client(const HandshakeOn& on, const std::string& host, const std::string& target);

/// Answers the peer's request; with `path` not empty any other path (query aside) is answered 404.
/// @throws NetError, Interrupted
void handshake_as_server(const HandshakeOn& on, const std::string& path);

}  // namespace ekws_load

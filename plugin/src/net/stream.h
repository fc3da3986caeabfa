// The bytes of one connection: a non-blocking socket, plain or with TLS, decided at run time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/error.h"

namespace ekws::net {

/// What an operation came to. `want_*`: nothing could be done, wait for that readiness of the socket and repeat.
enum class Io { done, want_read, want_write, end, failed };

struct IoResult {
  Io io = Io::done;
  std::size_t size = 0;  ///< bytes moved, with done
  bool more = false;     ///< read: there may be more at once, whatever the socket's readiness says
};

/// Does not own the descriptor. io thread.
class Stream {
 public:
  virtual ~Stream() = default;

  /// To be repeated until done; both roles. Nothing to do without TLS.
  virtual IoResult handshake() = 0;
  /// Takes what is there, up to `size` bytes.
  virtual IoResult read(char* data, std::size_t size) = 0;
  virtual IoResult write(const char* data, std::size_t size) = 0;
  /// Says that no more will be written (TLS: close_notify; TCP: FIN). What was written is still delivered.
  virtual void shutdown_write() = 0;
  /// Subject of the certificate that the peer gave and we checked (RFC 2253); empty where there is none.
  virtual std::string peer_subject() const { return {}; }
  /// Why the last operation failed.
  virtual const Error& error() const = 0;
};

/// TCP or any stream socket as it is.
std::unique_ptr<Stream> make_plain_stream(int fd);

}  // namespace ekws::net

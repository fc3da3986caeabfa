// The bytes of one connection: a non-blocking socket, plain or with TLS, decided at run time.
#pragma once

#include <cstddef>
#include <memory>

#include "base/error.h"

namespace ekws::net {

/// What an operation came to. `want_*`: nothing could be done, wait for that readiness of the socket and repeat.
enum class Io { done, want_read, want_write, end, failed };

struct IoResult {
  Io io = Io::done;
  std::size_t size = 0;  ///< bytes moved, with done
};

/// Does not own the descriptor. io thread.
class Stream {
 public:
  virtual ~Stream() = default;

  /// To be repeated until done; both roles. Nothing to do without TLS.
  virtual IoResult handshake() = 0;
  virtual IoResult read(char* data, std::size_t size) = 0;
  virtual IoResult write(const char* data, std::size_t size) = 0;
  /// Says that no more will be written (TLS: close_notify; TCP: FIN). What was written is still delivered.
  virtual void shutdown_write() = 0;
  /// Bytes that were read from the socket but not given out yet: the socket's readiness tells nothing of them.
  virtual bool has_pending() const = 0;
  /// Why the last operation failed.
  virtual const Error& error() const = 0;
};

/// TCP or any stream socket as it is.
std::unique_ptr<Stream> make_plain_stream(int fd);

}  // namespace ekws::net

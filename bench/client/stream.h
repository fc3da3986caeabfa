// A non-blocking socket, plain or TLS.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>

#include "socket.h"

namespace ekws_bench {

enum class Step { done, want_read, want_write, failed };

class Stream {
 public:
  /// With a context: TLS, as the client, once the TCP connection stands.
  Stream(ekws_load::Fd fd, SSL_CTX* tls);

  int fd() const { return fd_.get(); }

  /// TLS: one step of its handshake. Plain: done.
  Step handshake();

  /// Bytes written, 0 when the socket takes none now, -1 when it is over. After 0 the next call must offer the same
  /// bytes, and at least offered() of them.
  long write(const char* data, std::size_t size);
  std::size_t offered() const { return offered_; }

  /// Bytes read, 0 when there are none now, -1 when it is over.
  long read(char* data, std::size_t size);

  /// Closing resets the connection: ten thousand closed ones must not keep their ports.
  void reset_on_close();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  ekws_load::Fd fd_;
  std::unique_ptr<SSL, Free> ssl_;
  std::size_t offered_ = 0;
};

/// TLS 1.2 or 1.3, whoever the peer is.
std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> make_tls();

}  // namespace ekws_bench

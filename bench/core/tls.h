// A blocking socket, plain or with TLS, for what is not itself measured and for the lower bound.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <stdexcept>

#include "receiver.h"

namespace ekws_bench {

class Socket {
 public:
  /// `fd` is its own from now on. Shakes hands where the work is over TLS; ahead: then one system call reads as much as
  /// is there, instead of two for each record.
  Socket(int fd, const Work& work, bool server, bool ahead = false);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// 0 at the end.
  std::size_t read(char* data, std::size_t size) {
    if (ssl_ == nullptr) {
      const ssize_t got = ::recv(fd_, data, size, 0);
      return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    std::size_t got = 0;
    return SSL_read_ex(ssl_.get(), data, size, &got) == 1 ? got : 0;
  }
  /// All of it.
  void write(const char* data, std::size_t size);

 private:
  int fd_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
};

/// Listens on 127.0.0.1, tells the port, accepts one.
int accept_one(const Ready& ready);

}  // namespace ekws_bench

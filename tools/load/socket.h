// Plain TCP sockets.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace ekws_load {

using Clock = std::chrono::steady_clock;

/// Closes its descriptor when it goes. Move only.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      if (fd_ >= 0) ::close(fd_);
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// What a peer or the system refused; what() says whom and why.
struct NetError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A signal came while waiting.
struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted by a signal") {}
};

[[noreturn]] void throw_errno(const std::string& what);

/// Waits until `fd` is ready for `events` (poll's). False at the deadline. `signal_fd` may be -1.
/// @throws Interrupted when `signal_fd` becomes readable
bool wait_ready(int fd, short events, Clock::time_point deadline, int signal_fd);

/// Dials each address that the name has until one answers. The socket is non-blocking, close-on-exec, no delay.
/// @throws NetError, Interrupted
Fd dial(const std::string& host, uint16_t port, Clock::time_point deadline, int signal_fd);

/// @throws NetError
Fd listen_on(const std::string& host, uint16_t port);

/// Takes one waiting connection; empty when there is none (any more).
Fd accept_one(int listener);

std::string local_name(int fd);
std::string peer_name(int fd);

}  // namespace ekws_load

// Ports that the system chooses, and plain sockets on them.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

/// A socket, closed at the end.
class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// Whether the address could be bound; the socket is in `out` then.
inline bool bind_to(const sockaddr_in& address, Socket& out) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  out = std::move(socket);
  return true;
}

/// Whether the address could be listened on right now; the socket is in `out` then, listening.
inline bool listen_on(const sockaddr_in& address, Socket& out, int backlog = 16) {
  Socket socket;
  if (!bind_to(address, socket) || ::listen(socket.get(), backlog) != 0) return false;
  out = std::move(socket);
  return true;
}
inline bool listen_on(std::uint16_t port, Socket& out, int backlog = 16) {
  return listen_on(loopback(port), out, backlog);
}

inline std::uint16_t port_of(const Socket& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

/// A port where nobody listens: the configuration takes no 0. It stays bound, and so is given to nobody else in the
/// meantime, which is no obstacle to who listens with SO_REUSEADDR. The last 64 are held so.
inline std::uint16_t free_port() {
  static std::array<Socket, 64> held;
  static std::size_t next = 0;
  Socket socket;
  EXPECT_TRUE(bind_to(loopback(0), socket));
  const std::uint16_t port = port_of(socket);
  held[next++ % held.size()] = std::move(socket);
  return port;
}

/// Sends `request` and reads until the peer ends or the deadline is over.
inline std::string exchange(std::uint16_t port, const std::string& request, int deadline_ms = 10'000) {
  const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return "no connection";
  EXPECT_EQ(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (;;) {
    pollfd waited{socket.get(), POLLIN, 0};
    if (::poll(&waited, 1, deadline_ms) != 1) return answer + " (and no end)";
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(got));
  }
}

// Listening sockets of the tests' own, on ports that the system chooses.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/address.h"

namespace ekws::net {

inline std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

/// Bound to a port of the loopback interface, not listening.
inline Fd bound(std::uint16_t port = 0) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = ip_address("127.0.0.1", port);
  EXPECT_EQ(::bind(fd.get(), address->get(), address->size), 0);
  return fd;
}

inline Fd listening(int backlog = 16) {
  Fd fd = bound();
  EXPECT_EQ(::listen(fd.get(), backlog), 0);
  return fd;
}

/// A connection that is under way or done; non-blocking.
inline Fd connecting(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto address = ip_address("127.0.0.1", port);
  const int failed = ::connect(fd.get(), address->get(), address->size);
  EXPECT_TRUE(failed == 0 || errno == EINPROGRESS) << strerror(errno);
  return fd;
}

inline bool has_flag(int fd, int get, int flag) { return (::fcntl(fd, get) & flag) == flag; }

}  // namespace ekws::net

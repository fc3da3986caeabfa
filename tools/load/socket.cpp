#include "socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace ekws_load {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

AddressList resolve(const std::string& host, uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) throw NetError("cannot resolve " + host + ": " + ::gai_strerror(error));
  return AddressList(found, &::freeaddrinfo);
}

Fd make_socket(const addrinfo& address) {
  Fd fd(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!fd) throw_errno("socket");
  return fd;
}

void set_no_delay(int fd) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// Returns 0 or the errno of the attempt.
int connect_one(int fd, const addrinfo& address, Clock::time_point deadline, int signal_fd) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_ready(fd, POLLOUT, deadline, signal_fd)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

using NameCall = int (*)(int, sockaddr*, socklen_t*);

std::string name_of(int fd, NameCall call) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
  if (call(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    ::getnameinfo(reinterpret_cast<sockaddr*>(&address), size, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV);
  }
  std::string text = host;
  if (address.ss_family == AF_INET6) text = "[" + text + "]";
  return text + ":" + port;
}

}  // namespace

void throw_errno(const std::string& what) { throw NetError(what + ": " + std::strerror(errno)); }

bool wait_ready(int fd, short events, Clock::time_point deadline, int signal_fd) {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd fds[2] = {{fd, events, 0}, {signal_fd, POLLIN, 0}};
    int ready = ::poll(fds, 2, left > 0 ? static_cast<int>(left) : 0);
    if (ready < 0 && errno != EINTR) throw_errno("poll");
    if (ready > 0 && fds[1].revents != 0) throw Interrupted();
    if (ready > 0) return true;
    if (ready == 0 && left <= 0) return false;
  }
}

Fd dial(const std::string& host, uint16_t port, Clock::time_point deadline, int signal_fd) {
  AddressList list = resolve(host, port, 0);
  int error = 0;
  for (const addrinfo* a = list.get(); a != nullptr; a = a->ai_next) {
    Fd fd = make_socket(*a);
    error = connect_one(fd.get(), *a, deadline, signal_fd);
    if (error == 0) {
      set_no_delay(fd.get());
      return fd;
    }
  }
  throw NetError("cannot connect to " + host + ":" + std::to_string(port) + ": " + std::strerror(error));
}

Fd listen_on(const std::string& host, uint16_t port) {
  AddressList list = resolve(host, port, AI_PASSIVE);
  Fd fd = make_socket(*list);
  int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const std::string where = host + ":" + std::to_string(port);
  if (::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0) throw_errno("cannot listen on " + where);
  if (::listen(fd.get(), SOMAXCONN) != 0) throw_errno("cannot listen on " + where);
  return fd;
}

Fd accept_one(int listener) {
  Fd fd(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) {
    set_no_delay(fd.get());
  } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    throw_errno("accept");
  }
  return fd;
}

std::string local_name(int fd) { return name_of(fd, ::getsockname); }
std::string peer_name(int fd) { return name_of(fd, ::getpeername); }

}  // namespace ekws_load

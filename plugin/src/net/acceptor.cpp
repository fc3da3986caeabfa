#include "net/acceptor.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace ekws::net {

namespace {

/// How many connections are accepted before those that are there get their turn.
constexpr int kAcceptsPerTurn = 64;

/// Out of descriptors: asking again at once would spin, since the listening socket stays readable.
constexpr auto kRest = std::chrono::milliseconds(100);

Error listen_error(const std::string& where) {
  const int reason = errno;
  const int code = reason == EADDRINUSE                   ? EKWS_E_ADDRESS_IN_USE
                   : reason == EADDRNOTAVAIL              ? EKWS_E_ADDRESS_NOT_AVAILABLE
                   : reason == EMFILE || reason == ENFILE ? EKWS_E_DESCRIPTORS
                                                          : EKWS_E_IO;
  return {code, "cannot listen on " + where + ": " + strerror(reason)};
}

Error listening_socket(const std::string& ip, std::uint16_t port, Fd& out) {
  const std::string where = join_host_port(ip, port);
  const auto address = ip_address(ip, port);
  if (!address) return {EKWS_E_ADDRESS_NOT_AVAILABLE, "cannot listen on " + where + ": not an IP address"};
  Fd fd(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return listen_error(where);
  const int on = 1;
  // Only lifts the wait after an earlier listener's connections; a second listener is still refused.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address->get(), address->size) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    return listen_error(where);
  }
  out = std::move(fd);
  return {};
}

std::uint16_t bound_port(int fd) {
  Address address;
  address.size = sizeof address.storage;
  if (::getsockname(fd, address.get(), &address.size) != 0) return 0;
  return ntohs(address.storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port
                                                     : reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
}

}  // namespace

Acceptor::Acceptor(IoContext& io, OnAccept on_accept, OnTrouble on_trouble)
    : socket_(io), timer_(io), on_accept_(std::move(on_accept)), on_trouble_(std::move(on_trouble)) {}

Error Acceptor::check(const std::string& ip, std::uint16_t port) {
  Fd fd;
  return listening_socket(ip, port, fd);
}

Error Acceptor::listen(const std::string& ip, std::uint16_t port) {
  Fd fd;
  if (Error error = listening_socket(ip, port, fd)) return error;
  port_ = bound_port(fd.get());
  asio::error_code ec;
  socket_.assign(fd.get(), ec);
  if (ec) return {EKWS_E_IO, "cannot listen on " + join_host_port(ip, port) + ": " + ec.message()};
  [[maybe_unused]] const int now_the_sockets = fd.release();
  wait();
  return {};
}

void Acceptor::close() {
  asio::error_code ignored;
  timer_.cancel();
  if (socket_.is_open()) socket_.close(ignored);
}

void Acceptor::recover() {
  if (!waiting_ && socket_.is_open()) wait();
}

void Acceptor::wait() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read, [self = shared_from_this()](asio::error_code ec) {
    if (!ec && self->socket_.is_open()) self->accept_some();
  });
  waiting_ = true;
}

void Acceptor::accept_some() {
  waiting_ = false;
  bool took_all = false;
  for (int turn = 0; turn < kAcceptsPerTurn && socket_.is_open(); ++turn) {
    Address peer;
    peer.size = sizeof peer.storage;
    Fd fd(::accept4(socket_.native_handle(), peer.get(), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      took_all = errno == EAGAIN || errno == EWOULDBLOCK;
      if (took_all) break;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return rest(errno);
      continue;  // a peer that was gone before we came to it
    }
    set_connection_options(fd.get());
    try {
      on_accept_(std::move(fd), peer);
    } catch (...) {
      // Out of memory: this one is closed, the next one may find some.
    }
  }
  if (socket_.is_open()) wait();
  // A single one that was taken is no end: at the limit each descriptor that becomes free goes to the next that waits.
  if (took_all && std::exchange(in_trouble_, false)) tell(0);
}

void Acceptor::rest(int reason) {
  in_trouble_ = true;
  timer_.start(kRest, [self = shared_from_this()] { self->accept_some(); });
  waiting_ = true;
  tell(reason);
}

/// Takes memory, of which there may be none: comes last, since accepting has to go on all the same.
void Acceptor::tell(int reason) {
  try {
    if (reason == 0) return on_trouble_({});
    on_trouble_({EKWS_E_DESCRIPTORS,
                 std::string("cannot accept connections: ") + strerror(reason) + "; they wait until that is over"});
  } catch (...) {
    // Trouble is told again at the next rest.
  }
}

}  // namespace ekws::net

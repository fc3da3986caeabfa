#include "connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace ekws_bench {

namespace {

constexpr std::uint32_t kControlMask = 0x5a5aa5a5;

ekws_load::Fd dial(std::uint16_t port) {
  ekws_load::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) ekws_load::throw_errno("socket");
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    ekws_load::throw_errno("connect");
  }
  return fd;
}

}  // namespace

std::int64_t unix_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

Connection::Connection(const Args& args, SSL_CTX* tls)
    : args_(args),
      stream_(dial(args.port), tls),
      dialled_us_(unix_us()),
      reader_([this](ekws_load::Opcode opcode, const std::string& payload) { on_control(opcode, payload); }) {
  stream_.reset_on_close();
}

void Connection::advance() {
  if (state_ == State::dialling) dialled();
  if (state_ == State::securing) secure();
  if (state_ == State::asking) {
    flush();
    answered();
  }
  if (state_ == State::open) {
    receive();
    flush();
  }
}

std::uint32_t Connection::events() const {
  const bool write = state_ == State::dialling || (state_ == State::securing ? want_write_ : blocked_);
  return write ? EPOLLIN | EPOLLOUT : EPOLLIN;
}

void Connection::dialled() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(std::strerror(error));
  sockaddr_in peer{};
  socklen_t length = sizeof peer;
  if (::getpeername(fd(), reinterpret_cast<sockaddr*>(&peer), &length) == 0) state_ = State::securing;
}

void Connection::secure() {
  const Step step = stream_.handshake();
  if (step == Step::failed) return fail("the TLS handshake failed");
  want_write_ = step == Step::want_write;
  if (step == Step::done) ask();
}

void Connection::ask() {
  state_ = State::asking;
  send("GET " + args_.path + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
}

void Connection::answered() {
  char buffer[2048];
  const std::string end = "\r\n\r\n";
  while (state_ == State::asking) {
    const long n = stream_.read(buffer, sizeof buffer);
    if (n < 0) return fail("ended during the upgrade");
    if (n == 0) return;
    answer_.append(buffer, static_cast<std::size_t>(n));
    const auto header = answer_.find(end);
    if (header == std::string::npos) continue;
    if (answer_.find(" 101 ") > answer_.find('\r')) return fail("answered " + answer_.substr(0, answer_.find('\r')));
    opened_us_ = unix_us();
    state_ = State::open;
    reader_.feed(answer_.data() + header + end.size(), answer_.size() - header - end.size());
    std::string().swap(answer_);
  }
}

void Connection::send(const char* data, std::size_t size) {
  at_ = data;
  end_ = data + size;
  flush();
}

void Connection::send(std::string bytes) {
  own_ = std::move(bytes);
  send(own_.data(), own_.size());
}

std::size_t Connection::leave_out(std::size_t piece) {
  // What TLS was offered must be offered again.
  const auto keep = std::max<std::size_t>(stream_.offered(), static_cast<std::size_t>(end_ - at_) % piece);
  const auto out = (static_cast<std::size_t>(end_ - at_) - keep) / piece;
  end_ -= out * piece;
  return out;
}

void Connection::flush() {
  while (state_ != State::over) {
    if (at_ == end_) {
      if (controls_.empty()) return;
      own_.assign(controls_.begin(), controls_.end());
      controls_.clear();
      at_ = own_.data();
      end_ = at_ + own_.size();
    }
    const long n = stream_.write(at_, static_cast<std::size_t>(end_ - at_));
    if (n < 0) return fail(std::strerror(errno));
    if (n == 0) {
      blocked_ = true;
      return;
    }
    if (blocked_) unblocked_us_ = unix_us();
    blocked_ = false;
    at_ += n;
  }
}

void Connection::receive() {
  char buffer[4096];
  for (;;) {
    const long n = stream_.read(buffer, sizeof buffer);
    if (n < 0) return fail("the peer has left");
    if (n == 0) return;
    if (!reader_.feed(buffer, static_cast<std::size_t>(n))) return fail("sent what is no WebSocket frame");
  }
}

void Connection::on_control(ekws_load::Opcode opcode, const std::string& payload) {
  using ekws_load::Opcode;
  if (opcode == Opcode::ping) {
    ekws_load::append_control(controls_, Opcode::pong, payload, ekws_load::Role::client, kControlMask);
  }
  if (opcode == Opcode::close) fail("closed by the peer: " + (payload.size() > 2 ? payload.substr(2) : "no text"));
}

void Connection::fail(const std::string& why) {
  if (state_ == State::over) return;
  state_ = State::over;
  error_ = why;
  at_ = end_;
}

}  // namespace ekws_bench

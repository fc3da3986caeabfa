#include "net/dialer.h"

#include <sys/socket.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ekws::net {

Dialer::Dialer(IoContext& io, std::string host, std::uint16_t port, std::chrono::milliseconds timeout_each, Done done)
    : io_(io),
      host_(std::move(host)),
      port_(port),
      timeout_each_(timeout_each),
      done_(std::move(done)),
      socket_(io),
      timer_(io) {}

void Dialer::start(const Address& behind) {
  behind_ = behind;
  if (const auto literal = ip_address(host_, port_)) {
    asio::post(io_, [self = shared_from_this(), address = *literal] { self->resolved({address}, {}); });
    return;
  }
  // The look-up may outlast this dialling by minutes; it must not keep it alive or be waited for.
  const std::weak_ptr<Dialer> weak = weak_from_this();
  timer_.start(timeout_each_, [weak] {
    const auto self = weak.lock();
    if (!self) return;
    self->finish({}, {EKWS_E_RESOLVE, "cannot resolve " + self->host_ + " within " +
                                          std::to_string(self->timeout_each_.count()) + " ms (connectTimeout)"});
  });
  try {
    resolve(io_, host_, port_, weak);
  } catch (const Failure& failure) {
    asio::post(io_, [self = shared_from_this(), error = failure.error()] { self->resolved({}, error); });
  }
}

bool Dialer::go_on(Done done) {
  if (left_.empty()) return false;
  done_ = std::move(done);
  try_next();
  return true;
}

void Dialer::cancel() {
  done_ = nullptr;
  finish({}, {});
}

void Dialer::resolved(std::vector<Address> addresses, const Error& error) {
  if (!done_) return;
  timer_.cancel();
  if (error) return finish({}, error);
  const auto last = std::find(addresses.begin(), addresses.end(), behind_);
  if (last != addresses.end()) std::rotate(addresses.begin(), last + 1, addresses.end());
  left_.assign(addresses.begin(), addresses.end());
  last_error_ = {EKWS_E_RESOLVE, host_ + " has no address"};
  try_next();
}

void Dialer::try_next() {
  if (left_.empty()) return finish({}, last_error_);
  current_ = left_.front();
  left_.pop_front();

  Fd fd(::socket(current_.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) {
    return failed_here(errno == EMFILE || errno == ENFILE ? EKWS_E_DESCRIPTORS : EKWS_E_CONNECT, strerror(errno));
  }
  if (::connect(fd.get(), current_.get(), current_.size) != 0 && errno != EINPROGRESS) {
    return failed_here(EKWS_E_CONNECT, strerror(errno));
  }
  asio::error_code ec;
  socket_.assign(fd.get(), ec);
  if (ec) return failed_here(EKWS_E_CONNECT, ec.message());
  [[maybe_unused]] const int now_the_sockets = fd.release();
  socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                     [self = shared_from_this(), mine = ++try_](asio::error_code failed) {
                       if (!failed && self->done_ && mine == self->try_) self->connected();
                     });
  timer_.start(timeout_each_, [self = shared_from_this()] {
    self->failed_here(EKWS_E_CONNECT_TIMEOUT,
                      "no answer within " + std::to_string(self->timeout_each_.count()) + " ms (connectTimeout)");
  });
}

void Dialer::connected() {
  int reason = 0;
  socklen_t size = sizeof reason;
  ::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &reason, &size);
  if (reason != 0) return failed_here(EKWS_E_CONNECT, strerror(reason));
  set_connection_options(socket_.native_handle());
  finish(Fd(socket_.release()), {});
}

void Dialer::failed_here(int code, const std::string& why) {
  last_error_ = {code, "cannot connect to " + to_string(current_) + ": " + why};
  timer_.cancel();
  asio::error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
  try_next();
}

void Dialer::finish(Fd fd, const Error& error) {
  timer_.cancel();
  asio::error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
  if (const Done done = std::exchange(done_, nullptr)) done(std::move(fd), current_, error);
}

}  // namespace ekws::net

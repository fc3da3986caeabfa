#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "net/stream.h"

namespace ekws::net {

namespace {

class PlainStream : public Stream {
 public:
  explicit PlainStream(int fd) : fd_(fd) {}

  IoResult handshake() override { return {}; }

  IoResult read(char* data, std::size_t size) override {
    const ssize_t got = ::recv(fd_, data, size, 0);
    const auto count = static_cast<std::size_t>(got);
    if (got > 0) return {Io::done, count, count == size};
    if (got == 0) return {Io::end, 0};
    return failed(Io::want_read);
  }

  IoResult write(const char* data, std::size_t size) override {
    const ssize_t sent = ::send(fd_, data, size, MSG_NOSIGNAL);
    if (sent >= 0) return {Io::done, static_cast<std::size_t>(sent)};
    return failed(Io::want_write);
  }

  void shutdown_write() override { ::shutdown(fd_, SHUT_WR); }
  const Error& error() const override { return error_; }

 private:
  IoResult failed(Io want) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {want, 0};
    const bool reset = errno == ECONNRESET || errno == EPIPE;
    error_ = {reset ? EKWS_E_RESET : EKWS_E_IO, std::string("the connection broke: ") + strerror(errno)};
    return {Io::failed, 0};
  }

  int fd_;
  Error error_;
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(int fd) { return std::make_unique<PlainStream>(fd); }

}  // namespace ekws::net

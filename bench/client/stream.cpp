#include "stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace ekws_bench {

namespace {

constexpr std::size_t kRecord = 16384;  ///< a TLS record holds no more

}  // namespace

Stream::Stream(ekws_load::Fd fd, SSL_CTX* tls) : fd_(std::move(fd)), ssl_(tls != nullptr ? SSL_new(tls) : nullptr) {
  if (tls == nullptr) return;
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) throw std::runtime_error("no TLS session");
  SSL_set_connect_state(ssl_.get());
}

Step Stream::handshake() {
  if (!ssl_) return Step::done;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return Step::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::want_write;
    default:
      return Step::failed;
  }
}

long Stream::write(const char* data, std::size_t size) {
  if (!ssl_) {
    const ssize_t n = ::send(fd_.get(), data, size, MSG_NOSIGNAL);
    return n >= 0 ? n : errno == EAGAIN || errno == EINTR ? 0 : -1;
  }
  ERR_clear_error();
  const std::size_t record = std::max(offered_, std::min(size, kRecord));
  const int n = SSL_write(ssl_.get(), data, static_cast<int>(record));
  offered_ = n > 0 ? 0 : record;
  if (n > 0) return n;
  const int error = SSL_get_error(ssl_.get(), n);
  return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

long Stream::read(char* data, std::size_t size) {
  if (!ssl_) {
    const ssize_t n = ::recv(fd_.get(), data, size, 0);
    return n > 0 ? n : n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
  }
  ERR_clear_error();
  const int n = SSL_read(ssl_.get(), data, static_cast<int>(size));
  if (n > 0) return n;
  const int error = SSL_get_error(ssl_.get(), n);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

void Stream::reset_on_close() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> make_tls() {
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) throw std::runtime_error("no TLS context");
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  return context;
}

}  // namespace ekws_bench

#include "tls.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <csignal>

namespace ekws_bench {

namespace {

constexpr std::size_t kAhead = 64 * 1024;

}  // namespace

Socket::Socket(int fd, const Work& work, bool server, bool ahead) : fd_(fd) {
  if (!work.tls()) return;
  std::signal(SIGPIPE, SIG_IGN);
  context_.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION);
  if (server && (SSL_CTX_use_certificate_chain_file(context_.get(), work.certificate().c_str()) != 1 ||
                 SSL_CTX_use_PrivateKey_file(context_.get(), work.key().c_str(), SSL_FILETYPE_PEM) != 1)) {
    throw std::runtime_error("no certificate");
  }
  if (ahead) {
    SSL_CTX_set_read_ahead(context_.get(), 1);
    SSL_CTX_set_default_read_buffer_len(context_.get(), kAhead);
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_);
  if ((server ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get())) != 1) throw std::runtime_error("no TLS");
}

Socket::~Socket() {
  ssl_.reset();
  ::close(fd_);
}

void Socket::write(const char* data, std::size_t size) {
  while (size > 0) {
    std::size_t sent = 0;
    if (ssl_ != nullptr) {
      if (SSL_write_ex(ssl_.get(), data, size, &sent) != 1) throw std::runtime_error("the receiver is gone");
    } else {
      const ssize_t done = ::send(fd_, data, size, MSG_NOSIGNAL);
      if (done < 0) throw std::runtime_error("the receiver is gone");
      sent = static_cast<std::size_t>(done);
    }
    data += sent;
    size -= sent;
  }
}

int accept_one(const Ready& ready) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(listener, 1) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen");
  }
  ready(ntohs(address.sin_port));
  const int fd = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  return fd;
}

}  // namespace ekws_bench

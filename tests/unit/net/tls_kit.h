// A TLS stream on one end of a socket pair, and OpenSSL itself, with nothing of ours around it, on the other.
#pragma once

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/fd.h"
#include "net/stream.h"
#include "net/tls_context.h"
#include "net/tls_error.h"
#include "support/certificates.h"

namespace ekws::net {

/// The CA of all these tests, and a good certificate of each role by it.
inline const test::Certificate& test_ca() {
  static const test::Certificate made = test::self_signed(test::authority("Test CA"));
  return made;
}
inline const test::Certificate& good_server() {
  static const test::Certificate made = test::issued_by(test_ca(), test::Wish{});
  return made;
}
inline const test::Certificate& good_client() {
  static const test::Certificate made = test::issued_by(test_ca(), test::client("device 7"));
  return made;
}

inline TlsOptions client_options() {
  TlsOptions options;
  options.ca = {"rootCARaw", {}, test_ca().pem()};
  return options;
}
inline TlsOptions server_options() {
  TlsOptions options;
  options.server = true;
  options.certificate = {"httpServerTls.certfile", {}, good_server().pem()};
  options.key = {"httpServerTls.keyfile", {}, good_server().key_pem()};
  return options;
}
inline TlsOptions options_of(bool server) { return server ? server_options() : client_options(); }

/// OpenSSL writes without MSG_NOSIGNAL; whoever runs a loop sees to it, and so does a test while this lives.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutSigpipe() {
    const timespec at_once{};
    while (sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;

 private:
  sigset_t pipe_{}, before_{};
};

/// Never blocks; a step that cannot be done is repeated by whoever calls. Does not own the descriptor. A server shows
/// good_server(); neither role checks whom it talks to.
class TlsPeer {
 public:
  explicit TlsPeer(bool server) : server_(server) {
    tls_initialise();
    context_.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  }

  SSL_CTX* context() { return context_.get(); }
  void use(const test::Certificate& certificate) {
    shows_its_own_ = true;
    EXPECT_EQ(SSL_CTX_use_certificate(context(), certificate.x509()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context(), certificate.pkey()), 1);
  }
  void send_along(const test::Certificate& intermediate) {
    EXPECT_EQ(SSL_CTX_add1_chain_cert(context(), intermediate.x509()), 1);
  }
  /// What may be weak or old about it: everything.
  void weaken(int version = 0) {
    SSL_CTX_set_security_level(context(), 0);
    SSL_CTX_set_min_proto_version(context(), version);
    SSL_CTX_set_max_proto_version(context(), version);
  }

  void start(int fd) {
    if (server_ && !shows_its_own_) use(good_server());
    ssl_.reset(SSL_new(context()));
    ASSERT_EQ(SSL_set_fd(ssl(), fd), 1);
    server_ ? SSL_set_accept_state(ssl()) : SSL_set_connect_state(ssl());
  }
  SSL* ssl() { return ssl_.get(); }

  /// True once it is done, or has failed: then error() says why.
  bool shake_hands() {
    if (SSL_is_init_finished(ssl())) return true;
    return note(SSL_do_handshake(ssl()));
  }
  /// True once it is written, or has failed.
  bool write(std::string_view bytes) { return note(SSL_write(ssl(), bytes.data(), static_cast<int>(bytes.size()))); }
  /// What is there; ended() and error() say what came behind it.
  std::string read() {
    std::string all;
    char buffer[4096];
    int got = 0;
    while ((got = SSL_read(ssl(), buffer, sizeof buffer)) > 0) all.append(buffer, static_cast<std::size_t>(got));
    note(got);
    return all;
  }
  void say_close_notify() { SSL_shutdown(ssl()); }

  bool ended() const { return ended_; }
  const std::string& error() const { return error_; }

 private:
  bool note(int done) {
    if (done > 0) return true;
    const int why = SSL_get_error(ssl(), done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return false;
    if (why == SSL_ERROR_ZERO_RETURN) {
      ended_ = true;
    } else if (error_.empty()) {
      const char* text = ERR_reason_error_string(ERR_peek_error());
      error_ = text != nullptr ? text : "the connection broke";
    }
    ERR_clear_error();
    return true;
  }

  const WithoutSigpipe while_it_lives_;
  const bool server_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, &SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
  std::string error_;
  bool shows_its_own_ = false;
  bool ended_ = false;
};

inline std::pair<Fd, Fd> socket_pair() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

/// Handshakes of both sides in turn, until ours has come to an end, and the peer's to what it can. How ours ended.
inline Io drive(Stream& stream, TlsPeer& peer) {
  Io io = Io::want_read;
  bool peer_done = false;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (io == Io::want_read || io == Io::want_write) io = stream.handshake().io;
    if (!peer_done) peer_done = peer.shake_hands();
    if (io == Io::failed || io == Io::end || (io == Io::done && peer_done)) return io;
    std::this_thread::yield();
  }
  ADD_FAILURE() << "the handshake comes to no end";
  return io;
}

/// Our stream in the role that `options` say, its peer in the other.
class TlsPair {
 public:
  explicit TlsPair(const TlsOptions& options, std::string host = "localhost")
      : context(options), peer(!options.server), host_(std::move(host)) {
    std::tie(ours, theirs) = socket_pair();
  }

  /// Both sides in turn, until both have come to an end. How ours ended.
  Io shake_hands() {
    if (peer.ssl() == nullptr) peer.start(theirs.get());
    if (!stream) stream = context.make_stream(ours.get(), host_);
    const Io io = drive(*stream, peer);
    if (io == Io::done) return io;
    stream->shutdown_write();
    while (!peer.shake_hands()) {
    }
    peer.read();  // the alert
    return io;
  }
  TlsPair& open() {
    EXPECT_EQ(shake_hands(), Io::done) << stream->error().text;
    EXPECT_EQ(peer.error(), "");
    EXPECT_EQ(read(), "") << "session tickets";
    return *this;
  }
  std::string error() const { return stream->error().text; }

  /// What our side can read until the socket is empty; the last result, which was not `done`, is in `last`.
  std::string read() {
    std::string all;
    char buffer[1000];
    for (;;) {
      last = stream->read(buffer, sizeof buffer);
      pollfd socket{ours.get(), POLLIN, 0};
      if (last.io == Io::want_read && ::poll(&socket, 1, 0) == 1) continue;
      if (last.io != Io::done) return all;
      all.append(buffer, last.size);
    }
  }

  Fd ours, theirs;
  TlsContext context;
  TlsPeer peer;
  std::unique_ptr<Stream> stream;
  IoResult last;

 private:
  const std::string host_;
};

inline void in_both_tls_roles(const std::function<void(bool server)>& test) {
  for (const bool server : {false, true}) {
    SCOPED_TRACE(server ? "server" : "client");
    test(server);
  }
}

}  // namespace ekws::net

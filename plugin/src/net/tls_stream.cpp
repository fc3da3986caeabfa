#include "net/tls_stream.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "net/address.h"
#include "net/tls_error.h"

namespace ekws::net {

namespace {

/// Four full records with what is around them: more at a time saves little beside decrypting it.
constexpr std::size_t kReadAhead = 66 * 1024;
/// Messages without data behind the handshake (tickets, new keys) until reading ahead ends; a server sends a few.
constexpr int kFewMessages = 32;

using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;

class TlsStream : public Stream {
 public:
  TlsStream(std::shared_ptr<SSL_CTX> context, int fd, const TlsOptions& options, const std::string& name)
      : context_(std::move(context)), fd_(fd), server_(options.server), ssl_(SSL_new(context_.get()), &SSL_free) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd) != 1) throw std::bad_alloc();
    SSL_set_app_data(ssl_.get(), this);
    if (server_) {
      SSL_set_accept_state(ssl_.get());
    } else {
      SSL_set_connect_state(ssl_.get());
      expect(name, options.skip_verify);
    }
  }

  IoResult handshake() override {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done != 1) return wanted(done, true);
    read_ahead();
    return {};
  }

  IoResult read(char* data, std::size_t size) override {
    if (read_end_) return *read_end_;
    std::size_t filled = 0;
    while (filled < size) {  // a record at a time, 16 KiB at most
      ERR_clear_error();
      std::size_t got = 0;
      const int done = SSL_read_ex(ssl_.get(), data + filled, size - filled, &got);
      if (done == 1) {
        filled += got;
        continue;
      }
      const IoResult result = wanted(done, false);
      if (filled == 0) return result;
      if (result.io == Io::end || result.io == Io::failed) read_end_ = result;  // for the next call
      break;
    }
    // The end of the stream has left the socket, too: nothing there will tell of it.
    return {Io::done, filled, filled == size || read_end_.has_value()};
  }

  IoResult write(const char* data, std::size_t size) override {
    ERR_clear_error();
    std::size_t sent = 0;
    const int done = SSL_write_ex(ssl_.get(), data, size, &sent);
    if (done == 1) return {Io::done, sent};
    const int reason = errno;
    IoResult result = wanted(done, false);
    // After the peer's close_notify OpenSSL says "end" of whatever fails.
    if (result.io == Io::end) result = broken(false, reason);
    if (result.io == Io::failed && error_.code == EKWS_E_RESET) look_for_alert();
    return result;
  }

  void shutdown_write() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) && !broken_) SSL_shutdown(ssl_.get());  // close_notify, if there is room
    ERR_clear_error();
    ::shutdown(fd_, SHUT_WR);
  }

  std::string peer_subject() const override {
    const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    const bool verified = certificate != nullptr && SSL_get_verify_result(ssl_.get()) == X509_V_OK;
    return verified ? subject_of(certificate) : std::string();
  }

  const Error& error() const override { return error_; }

  /// From inside OpenSSL, which exceptions must not cross.
  void note_verify_failure(X509_STORE_CTX* store) noexcept {
    try {
      verify_failure_ = verify_failure(store);
      const int error = X509_STORE_CTX_get_error(store);
      if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        const bool is_ip = error == X509_V_ERR_IP_ADDRESS_MISMATCH;
        verify_failure_ += (is_ip ? ", not for the IP address " : ", not for ") + expected_;
      }
    } catch (const std::exception&) {
      // Out of memory: refused all the same.
    }
  }

 private:
  /// Several records with one system call, instead of two calls for each. But what was read ahead is gone through in
  /// one go, messages without data too: where those do not end, the peer is read a record at a time again, and leaves
  /// the others their turn.
  void read_ahead() {
    if (SSL_CTX_get_info_callback(context_.get()) != nullptr) return;  // taken: see Renegotiation::once
    SSL_set_read_ahead(ssl_.get(), 1);
    SSL_set_default_read_buffer_len(ssl_.get(), kReadAhead);
    SSL_set_info_callback(ssl_.get(), [](const SSL* ssl, int where, int) {
      auto* stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
      if ((where & SSL_CB_LOOP) != 0 && ++stream->messages_ == kFewMessages) {
        SSL_set_read_ahead(stream->ssl_.get(), 0);
      }
    });
  }

  /// Whom a client wants to talk to.
  void expect(std::string name, bool skip_verify) {
    const auto ip = ip_address(name, 0);
    // The dot that makes a name absolute is for the resolver.
    if (!ip && !name.empty() && name.back() == '.') name.pop_back();
    // RFC 6066 section 3: no SNI for addresses.
    if (!ip && SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) != 1) {
      ERR_clear_error();
      throw Failure({EKWS_E_TLS, "\"" + name + "\" is too long for a server's name"});
    }
    if (skip_verify) return;
    expected_ = name;
    // RFC 9525: names are in subjectAltName, a wildcard is a whole label. As in Go.
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    const int set = ip ? expect_ip(*ip) : SSL_set1_host(ssl_.get(), name.c_str());
    if (set != 1) throw Failure({EKWS_E_TLS, "\"" + name + "\" is not a name a certificate can be for"});
  }

  /// The peer has gone while we wrote. If it refused us, its alert is still there to be read: in TLS 1.3 a client's
  /// handshake is over before the server has judged its certificate.
  void look_for_alert() {
    ERR_clear_error();
    char unused = 0;
    std::size_t got = 0;
    const int done = SSL_peek_ex(ssl_.get(), &unused, 1, &got);
    if (done == 1 || SSL_get_error(ssl_.get(), done) != SSL_ERROR_SSL) return;
    if (Error found = ssl_error(false); found.code == EKWS_E_TLS) error_ = std::move(found);
  }

  int expect_ip(const Address& ip) {
    const bool v4 = ip.storage.ss_family == AF_INET;
    const void* bytes = v4 ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(ip.get())->sin_addr)
                           : &reinterpret_cast<const sockaddr_in6*>(ip.get())->sin6_addr;
    return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl_.get()), static_cast<const unsigned char*>(bytes),
                                     v4 ? sizeof(in_addr) : sizeof(in6_addr));
  }

  IoResult wanted(int done, bool in_handshake) {
    const int reason = errno;
    switch (SSL_get_error(ssl_.get(), done)) {
      case SSL_ERROR_WANT_READ:
        return {Io::want_read, 0};
      case SSL_ERROR_WANT_WRITE:
        return {Io::want_write, 0};
      case SSL_ERROR_ZERO_RETURN:
        return {Io::end, 0};
      case SSL_ERROR_SYSCALL:
        return broken(in_handshake, reason);
      default:
        broken_ = true;
        error_ = ssl_error(in_handshake);
        // RFC 8446 section 6.1 wants a close_notify; many peers just close TCP.
        return {error_.code == EKWS_E_EOF ? Io::end : Io::failed, 0};
    }
  }

  IoResult broken(bool in_handshake, int reason) {
    broken_ = true;
    error_ = {EKWS_E_RESET,
              std::string(in_handshake ? "the connection broke in the TLS handshake: " : "the connection broke: ") +
                  strerror(reason)};
    return {Io::failed, 0};
  }

  Error ssl_error(bool in_handshake) {
    const int reason = ERR_GET_REASON(ERR_peek_last_error());  // libssl's own; in front may be what led to it
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      ERR_clear_error();
      return {EKWS_E_EOF, "the peer closed the connection"};
    }
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
      ERR_clear_error();
      return {EKWS_E_TLS_CERTIFICATE,
              std::string("the ") + (server_ ? "client" : "server") + "'s certificate is refused: " + verify_failure_};
    }
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
      ERR_clear_error();
      return {EKWS_E_TLS_CERTIFICATE, "the client gave no certificate"};
    }
    if (in_handshake && (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)) {
      ERR_clear_error();
      return {EKWS_E_TLS, "the peer does not speak TLS"};
    }
    return {EKWS_E_TLS, (in_handshake ? "the TLS handshake failed: " : "TLS failed: ") + tls_reason()};
  }

  const std::shared_ptr<SSL_CTX> context_;
  const int fd_;
  const bool server_;
  const SslPtr ssl_;
  std::string expected_;              ///< what the certificate has to be for; empty: not checked
  std::string verify_failure_;        ///< why the peer's certificate was refused
  std::optional<IoResult> read_end_;  ///< came behind bytes that were given out first
  Error error_;
  int messages_ = 0;     ///< steps of the handshake's machine behind the handshake
  bool broken_ = false;  ///< after a fatal error nothing more may be asked of it
};

}  // namespace

int note_verify_failure(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return ok;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* stream = ssl == nullptr ? nullptr : static_cast<TlsStream*>(SSL_get_app_data(ssl));
  if (stream != nullptr) stream->note_verify_failure(store);
  return ok;
}

std::unique_ptr<Stream> make_tls_stream(std::shared_ptr<SSL_CTX> context, int fd, const TlsOptions& options,
                                        const std::string& name) {
  return std::make_unique<TlsStream>(std::move(context), fd, options, name);
}

}  // namespace ekws::net

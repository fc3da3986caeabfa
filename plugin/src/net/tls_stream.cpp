#include "net/tls_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include "net/address.h"
#include "net/tls_error.h"

namespace ekws::net {

namespace {

using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;

/// The names a certificate is for, so that a text can say what it is instead of what was asked for.
std::string names_of(X509* certificate) {
  std::string names;
  const auto add = [&names](const std::string& name) { names += (names.empty() ? "" : ", ") + name; };
  auto* all = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == GEN_DNS) {
      add({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
           static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))});
    } else if (name->type == GEN_IPADD) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      const int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
      if (::inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text.data(), text.size()) != nullptr) {
        add(text.data());
      }
    }
  }
  GENERAL_NAMES_free(all);
  return names.empty() ? "no name" : names;
}

class TlsStream : public Stream {
 public:
  TlsStream(std::shared_ptr<SSL_CTX> context, int fd, bool server, bool skip_verify, const std::string& server_name)
      : context_(std::move(context)),
        fd_(fd),
        server_(server),
        server_name_(server_name),
        ssl_(SSL_new(context_.get()), &SSL_free) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd) != 1) throw std::bad_alloc();
    if (server) {
      SSL_set_accept_state(ssl_.get());
      return;
    }
    SSL_set_connect_state(ssl_.get());
    const bool is_ip = ip_address(server_name, 0).has_value();
    // RFC 6066 section 3: no SNI for addresses.
    if (!is_ip && SSL_set_tlsext_host_name(ssl_.get(), server_name.c_str()) != 1) throw std::bad_alloc();
    if (skip_verify) return;
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), server_name.c_str())
                          : SSL_set1_host(ssl_.get(), server_name.c_str());
    if (set != 1) throw Failure({EKWS_E_TLS, "\"" + server_name + "\" is not a name a certificate can be for"});
  }

  IoResult handshake() override {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    return done == 1 ? IoResult{} : wanted(done, true);
  }

  IoResult read(char* data, std::size_t size) override {
    ERR_clear_error();
    std::size_t got = 0;
    const int done = SSL_read_ex(ssl_.get(), data, size, &got);
    return done == 1 ? IoResult{Io::done, got} : wanted(done, false);
  }

  IoResult write(const char* data, std::size_t size) override {
    ERR_clear_error();
    std::size_t sent = 0;
    const int done = SSL_write_ex(ssl_.get(), data, size, &sent);
    return done == 1 ? IoResult{Io::done, sent} : wanted(done, false);
  }

  void shutdown_write() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) && !broken_) SSL_shutdown(ssl_.get());  // close_notify, if there is room
    ERR_clear_error();
    ::shutdown(fd_, SHUT_WR);
  }

  bool has_pending() const override { return SSL_has_pending(ssl_.get()) == 1; }
  const Error& error() const override { return error_; }

 private:
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
        broken_ = true;
        error_ = {reason == 0 ? EKWS_E_EOF : EKWS_E_RESET,
                  std::string(in_handshake ? "the peer broke off the TLS handshake: " : "the connection broke: ") +
                      (reason == 0 ? "end of stream" : strerror(reason))};
        return {Io::failed, 0};
      default:
        broken_ = true;
        error_ = ssl_error(in_handshake);
        // A peer that just closes TCP; RFC 8446 section 6.1 wants a close_notify, many do without.
        return {!in_handshake && error_.code == EKWS_E_EOF ? Io::end : Io::failed, 0};
    }
  }

  Error ssl_error(bool in_handshake) {
    const unsigned long code = ERR_peek_error();
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      ERR_clear_error();
      return {EKWS_E_EOF,
              in_handshake ? "the peer broke off the TLS handshake" : "the peer closed without close_notify"};
    }
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
      ERR_clear_error();
      return {EKWS_E_TLS_CERTIFICATE, verify_text()};
    }
    if (ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
      ERR_clear_error();
      return {EKWS_E_TLS_CERTIFICATE, "the client gave no certificate"};
    }
    if (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER || ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST) {
      ERR_clear_error();
      return {EKWS_E_TLS, "the peer does not speak TLS"};
    }
    return {EKWS_E_TLS, tls_text("TLS failed")};
  }

  std::string verify_text() {
    const long result = SSL_get_verify_result(ssl_.get());
    std::string text = std::string("the ") + (server_ ? "client" : "server") +
                       "'s certificate is refused: " + X509_verify_cert_error_string(result);
    X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if ((result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH) &&
        certificate != nullptr) {
      text += ": it is for " + names_of(certificate) + ", not for " + server_name_;
    }
    return text;
  }

  const std::shared_ptr<SSL_CTX> context_;
  const int fd_;
  const bool server_;
  const std::string server_name_;
  const SslPtr ssl_;
  Error error_;
  bool broken_ = false;  ///< after a fatal error nothing more may be asked of it
};

}  // namespace

std::unique_ptr<Stream> make_tls_stream(std::shared_ptr<ssl_ctx_st> context, int fd, bool server, bool skip_verify,
                                        const std::string& server_name) {
  return std::make_unique<TlsStream>(std::move(context), fd, server, skip_verify, server_name);
}

}  // namespace ekws::net

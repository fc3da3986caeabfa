#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <new>
#include <utility>

#include "net/tls_credentials.h"
#include "net/tls_error.h"
#include "net/tls_stream.h"

namespace ekws::net {

namespace {

/// RFC 7301: we speak HTTP/1.1 and nothing else.
constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                unsigned int offered_size, void*) {
  const int found =
      SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kAlpn, sizeof kAlpn, offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

int openssl_version(TlsVersion version) {
  switch (version) {
    case TlsVersion::tls1_0:
      return TLS1_VERSION;
    case TlsVersion::tls1_1:
      return TLS1_1_VERSION;
    case TlsVersion::tls1_2:
      return TLS1_2_VERSION;
    case TlsVersion::tls1_3:
      return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

void forbid_second_renegotiation(const SSL* ssl, int where, int) {
  if (where == SSL_CB_HANDSHAKE_DONE && SSL_num_renegotiations(const_cast<SSL*>(ssl)) > 0) {
    SSL_set_options(const_cast<SSL*>(ssl), SSL_OP_NO_RENEGOTIATION);
  }
}

void set_renegotiation(SSL_CTX* context, const TlsOptions& options) {
  if (options.server || options.renegotiation == Renegotiation::never) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  } else if (options.renegotiation == Renegotiation::once) {
    SSL_CTX_set_info_callback(context, &forbid_second_renegotiation);
  }
}

int verify_mode(const TlsOptions& options) {
  if (!options.server) return options.skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
  if (options.client_auth == ClientAuth::none) return SSL_VERIFY_NONE;
  return SSL_VERIFY_PEER | (options.client_auth == ClientAuth::need ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
}

void set_ciphers(SSL_CTX* context, const std::string& list) {
  // Without a certificate or encryption it would be TLS by name only, and nobody would notice.
  if (SSL_CTX_set_cipher_list(context, (list + ":!aNULL:!eNULL:!PSK").c_str()) == 1) return;
  ERR_clear_error();
  throw Failure({EKWS_E_CONFIG_VALUE, "ciphers: \"" + list +
                                          "\" is not allowed; it must be a list of ciphers as OpenSSL names them, "
                                          "such as ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"});
}

std::shared_ptr<SSL_CTX> load(const TlsOptions& options) {
  tls_initialise();
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(options.server ? TLS_server_method() : TLS_client_method()),
                                   &SSL_CTX_free);
  if (!context) throw std::bad_alloc();
  SSL_CTX* ctx = context.get();
  // Idle connections give their buffers back; a write may be repeated from where the bytes have moved to.
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_min_proto_version(ctx, openssl_version(options.min_version));
  // Messages without data are answered one a call, so that nobody who sends them without end keeps the thread.
  SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
  // Versions before 1.2 need SHA-1, which OpenSSL 3 allows at level 0 only; 2 is 112 bits (RSA 2048).
  SSL_CTX_set_security_level(ctx, options.min_version < TlsVersion::tls1_2 ? 0 : 2);
  // Of certificates 2 is asked in any case.
  X509_VERIFY_PARAM_set_auth_level(SSL_CTX_get0_param(ctx), 2);
  set_renegotiation(ctx, options);
  // No resumption: a client certificate is looked at each time anew.
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  if (!options.ciphers.empty()) set_ciphers(ctx, options.ciphers);
  if (options.server) {
    SSL_CTX_set_alpn_select_cb(ctx, &choose_alpn, nullptr);
  } else if (SSL_CTX_set_alpn_protos(ctx, kAlpn, sizeof kAlpn) != 0) {
    throw std::bad_alloc();
  }
  if (options.certificate.given()) use_own_certificate(ctx, options);
  const int mode = verify_mode(options);
  SSL_CTX_set_verify(ctx, mode, &note_verify_failure);
  if (mode != SSL_VERIFY_NONE) use_trust(ctx, options);
  return context;
}

}  // namespace

TlsContext::TlsContext(TlsOptions options) : options_(std::move(options)), seen_(stamps()), context_(load(options_)) {}

TlsContext::~TlsContext() = default;

TlsContext::Stamps TlsContext::stamps() const {
  Stamps all;
  for (const std::string* path :
       {&options_.certificate.path, &options_.key.path, &options_.key_password_file, &options_.ca.path}) {
    struct stat info {};
    // A file that is missing has a stamp too, so that its return is seen.
    if (!path->empty() && ::stat(path->c_str(), &info) == 0) {
      all.push_back({info.st_ctim.tv_sec, info.st_ctim.tv_nsec, info.st_ino, info.st_size});
    } else {
      all.push_back({});
    }
  }
  return all;
}

Error TlsContext::refresh() {
  Stamps now = stamps();
  if (now == seen_) return {};
  try {
    context_ = load(options_);
    seen_ = std::move(now);
    told_.clear();
    return {};
  } catch (const Failure& failure) {
    // Tried again next time: it may be half written, or only descriptors were short.
    const std::string& text = failure.error().text;
    if (std::exchange(told_, text) == text) return {};
    return {failure.error().code, text + "; what was read before stays in use"};
  }
}

std::unique_ptr<Stream> TlsContext::make_stream(int fd, const std::string& host) {
  return make_tls_stream(context_, fd, options_, options_.server_name.empty() ? host : options_.server_name);
}

}  // namespace ekws::net

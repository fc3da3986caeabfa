#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "net/tls_error.h"
#include "net/tls_stream.h"
#include "net/trust_store.h"

namespace ekws::net {

namespace {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

/// A bundle of all public CAs has some 250 KiB.
constexpr std::size_t kLargestPem = 16 << 20;

[[noreturn]] void refuse(const std::string& text) { throw Failure({EKWS_E_TLS_CERTIFICATE, text}); }

std::string named(const char* what, const Pem& pem) {
  return std::string(what) + (pem.path.empty() ? "" : " " + pem.path);
}

std::string content(const char* what, const Pem& pem) {
  if (pem.path.empty()) return pem.text;
  auto text = read_file(pem.path, kLargestPem);
  if (!text) refuse(named(what, pem) + " cannot be read: " + strerror(errno));
  return std::move(*text);
}

BioPtr reader(const std::string& text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  if (!bio) throw std::bad_alloc();
  return bio;
}

int give_password(char* buffer, int size, int, void* password) {
  const auto& text = *static_cast<const std::string*>(password);
  const int length = static_cast<int>(text.size());
  if (length > size) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return length;
}

void use_certificate(SSL_CTX* context, const Pem& pem) {
  const std::string text = content("certificate", pem);
  const BioPtr bio = reader(text);
  const X509Ptr leaf(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  if (!leaf) {
    ERR_clear_error();
    refuse(named("certificate", pem) + " holds no certificate in PEM form");
  }
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) refuse(tls_text(named("certificate", pem) + " is refused"));
  for (;;) {
    X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
    if (next == nullptr) break;
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      refuse(tls_text(named("certificate", pem) + " has a chain that is refused"));
    }
  }
  ERR_clear_error();  // the end of the text
}

void use_key(SSL_CTX* context, const TlsOptions& options) {
  const std::string text = content("private key", options.key);
  const BioPtr bio = reader(text);
  auto* password = const_cast<std::string*>(&options.key_password);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_password, password), &EVP_PKEY_free);
  if (!key) {
    ERR_clear_error();
    const bool encrypted = text.find("ENCRYPTED") != std::string::npos;
    if (encrypted && options.key_password.empty()) {
      refuse(named("private key", options.key) + " is encrypted: give privateKeyPassword or privateKeyPasswordFile");
    }
    refuse(named("private key", options.key) +
           (encrypted ? " cannot be decrypted with the password given" : " holds no private key in PEM form"));
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    ERR_clear_error();
    refuse(named("private key", options.key) + " does not belong to the " + named("certificate", options.certificate));
  }
}

void use_ca(SSL_CTX* context, const TlsOptions& options) {
  const std::string text = content("CA", options.ca);
  const BioPtr bio = reader(text);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  for (;; ++count) {
    const X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!next) break;
    X509_STORE_add_cert(store, next.get());
    if (options.server) SSL_CTX_add_client_CA(context, next.get());
  }
  ERR_clear_error();
  if (count == 0) refuse(named("CA", options.ca) + " holds no certificate in PEM form");
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

/// RFC 7301: we speak HTTP/1.1 and nothing else on this connection.
constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                unsigned int offered_size, void*) {
  const int found =
      SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kAlpn, sizeof kAlpn, offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

void set_peer_checks(SSL_CTX* context, const TlsOptions& options) {
  int mode = SSL_VERIFY_NONE;
  if (options.server) {
    if (options.client_auth != ClientAuth::none) mode = SSL_VERIFY_PEER;
    if (options.client_auth == ClientAuth::need) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  } else if (!options.skip_verify) {
    mode = SSL_VERIFY_PEER;
  }
  SSL_CTX_set_verify(context, mode, nullptr);
  if (options.ca.given()) {
    use_ca(context, options);
  } else if (mode != SSL_VERIFY_NONE && !options.server && !load_system_trust(context)) {
    refuse("this machine has no CA certificates to check the server's with; name them in rootCaPath");
  }
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
  // Versions before 1.2 need SHA-1, which OpenSSL 3 allows at level 0 only.
  if (options.min_version < TlsVersion::tls1_2) SSL_CTX_set_security_level(ctx, 0);
  if (!options.renegotiation) SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ctx, 0);
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(ctx, options.ciphers.c_str()) != 1) {
    ERR_clear_error();
    refuse("ciphers: \"" + options.ciphers + "\" names no cipher that OpenSSL knows");
  }
  if (options.server) {
    SSL_CTX_set_alpn_select_cb(ctx, &choose_alpn, nullptr);
  } else {
    SSL_CTX_set_alpn_protos(ctx, kAlpn, sizeof kAlpn);
  }
  if (options.certificate.given()) {
    use_certificate(ctx, options.certificate);
    use_key(ctx, options);
  }
  set_peer_checks(ctx, options);
  return context;
}

}  // namespace

TlsContext::TlsContext(TlsOptions options)
    : options_(std::move(options)), loaded_(stamps()), context_(load(options_)) {}

TlsContext::~TlsContext() = default;

TlsContext::Stamps TlsContext::stamps() const {
  Stamps all;
  for (const Pem* pem : {&options_.certificate, &options_.key, &options_.ca}) {
    struct stat info {};
    // A file that is missing has a stamp too, so that its return is seen.
    if (!pem->path.empty() && ::stat(pem->path.c_str(), &info) == 0) {
      all.push_back({info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ino});
    } else {
      all.push_back({});
    }
  }
  return all;
}

Error TlsContext::refresh() {
  const Stamps now = stamps();
  if (now == loaded_) return {};
  try {
    context_ = load(options_);
    loaded_ = now;
    told_.clear();
    return {};
  } catch (const Failure& failure) {
    // Read again next time: a file may be half written, or come before the one it goes with.
    if (told_ == failure.error().text) return {};
    told_ = failure.error().text;
    return {failure.error().code, told_ + "; what was read before stays in use"};
  }
}

std::unique_ptr<Stream> TlsContext::make_stream(int fd, const std::string& server_name) {
  return make_tls_stream(context_, fd, options_.server, options_.skip_verify, server_name);
}

}  // namespace ekws::net

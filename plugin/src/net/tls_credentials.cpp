#include "net/tls_credentials.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "net/tls_error.h"
#include "net/trust_store.h"

namespace ekws::net {

namespace {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

/// A bundle of all public CAs has some 250 KiB.
constexpr std::size_t kLargestPem = 16 << 20;
constexpr std::size_t kLargestPassword = 1024;  // PEM_BUFSIZE: OpenSSL takes no longer one
/// What OpenSSL's security level 2 asks for: RSA 2048, EC 224.
constexpr int kLeastBits = 112;

[[noreturn]] void refuse(const std::string& property, const std::string& what) {
  throw Failure({EKWS_E_CONFIG_VALUE, property + ": " + what});
}
[[noreturn]] void refuse(const Pem& pem, const std::string& what) {
  refuse(pem.property, (pem.path.empty() ? "the text given" : pem.path) + " " + what);
}

std::string content(const std::string& property, const std::string& path, std::size_t most) {
  std::string error;
  std::string text = read_small_file(path, most, error);
  if (!error.empty()) refuse(property, path + " cannot be read: " + error);
  return text;
}

std::string content(const Pem& pem) {
  return pem.path.empty() ? pem.text : content(pem.property, pem.path, kLargestPem);
}

BioPtr reader(const std::string& text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  if (!bio) throw std::bad_alloc();
  return bio;
}

/// Every certificate in `text`, which has to hold one at least.
std::vector<X509Ptr> certificates(const Pem& pem, const std::string& text) {
  const BioPtr bio = reader(text);
  std::vector<X509Ptr> all;
  for (;;) {
    ERR_clear_error();
    X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!next) break;
    all.push_back(std::move(next));
  }
  const bool end_of_text = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = tls_reason();
  // To go by those in front of it would be to use less than was given.
  if (!end_of_text) refuse(pem, "holds a certificate that cannot be read: " + reason);
  if (all.empty()) refuse(pem, "holds no certificate in PEM form");
  return all;
}

std::string password(const TlsOptions& options) {
  if (options.key_password_file.empty()) return options.key_password;
  const std::string text = content("privateKeyPasswordFile", options.key_password_file, kLargestPassword);
  return text.substr(0, text.find_first_of("\r\n"));
}

int give_password(char* buffer, int size, int, void* given) {
  const auto& text = *static_cast<const std::string*>(given);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

void use_certificate(SSL_CTX* context, const Pem& pem) {
  std::vector<X509Ptr> chain = certificates(pem, content(pem));
  X509* leaf = chain.front().get();
  if (const EVP_PKEY* key = X509_get0_pubkey(leaf); key != nullptr && EVP_PKEY_get_security_bits(key) < kLeastBits) {
    refuse(pem, "has a key of " + std::to_string(EVP_PKEY_get_bits(key)) +
                    " bits, which is too weak; RSA needs 2048, EC 224");
  }
  if (SSL_CTX_use_certificate(context, leaf) != 1) refuse(pem, "is refused: " + tls_reason());
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      refuse(pem, "has a chain that is refused: " + tls_reason());
    }
  }
}

void use_key(SSL_CTX* context, const TlsOptions& options) {
  const std::string text = content(options.key);
  const BioPtr bio = reader(text);
  std::string secret = password(options);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_password, &secret), &EVP_PKEY_free);
  if (!key) {
    ERR_clear_error();
    if (text.find("ENCRYPTED") == std::string::npos) refuse(options.key, "holds no private key in PEM form");
    if (secret.empty()) {
      refuse(options.key, "is encrypted; give its password in privateKeyPasswordFile or privateKeyPassword");
    }
    refuse(options.key, "cannot be decrypted with the password given");
  }
  const X509* certificate = SSL_CTX_get0_certificate(context);
  if (X509_check_private_key(certificate, key.get()) != 1) {
    ERR_clear_error();
    const Pem& other = options.certificate;
    refuse(options.key, "does not belong to the certificate " +
                            (other.path.empty() ? "in " + other.property : other.path + " (" + other.property + ")"));
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) refuse(options.key, "is refused: " + tls_reason());
}

void use_ca(SSL_CTX* context, const TlsOptions& options) {
  for (const X509Ptr& each : certificates(options.ca, content(options.ca))) {
    // Servers send the names of those they trust, so that a client can choose its certificate.
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), each.get()) != 1 ||
        (options.server && SSL_CTX_add_client_CA(context, each.get()) != 1)) {
      refuse(options.ca, "is refused: " + tls_reason());
    }
  }
}

}  // namespace

void use_own_certificate(SSL_CTX* context, const TlsOptions& options) {
  use_certificate(context, options.certificate);
  use_key(context, options);
}

void use_trust(SSL_CTX* context, const TlsOptions& options) {
  // As in Go: whatever stands in the CA file is trusted, be it a root, an intermediate or the peer's own certificate.
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
  if (options.ca.given()) return use_ca(context, options);
  if (!load_system_trust(context)) {
    refuse("rootCaPath", "is needed: this machine has no CA certificates to check the server's with");
  }
}

}  // namespace ekws::net

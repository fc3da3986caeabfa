// Certificates, good and bad, made while a test runs.
#pragma once

#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ekws::test {

/// What a certificate says; the defaults are those of a good server on this machine.
struct Wish {
  std::string name = "server";                                  ///< CN of the subject
  std::string alt_names = "DNS:localhost,IP:127.0.0.1,IP:::1";  ///< as in openssl.cnf; empty: no such extension
  std::string extended_usage = {};                              ///< as in openssl.cnf
  int days_from = -1;                                           ///< from today, when it becomes valid
  int days_to = 30;                                             ///< and when it expires
  bool authority = false;
  int rsa_bits = 0;  ///< 0: EC P-256
};

/// A certificate and its private key.
class Certificate {
 public:
  Certificate(std::shared_ptr<X509> certificate, std::shared_ptr<EVP_PKEY> key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}

  X509* x509() const { return certificate_.get(); }
  EVP_PKEY* pkey() const { return key_.get(); }
  std::string pem() const;
  std::string key_pem() const;
  std::string encrypted_key_pem(const std::string& password) const;

 private:
  std::shared_ptr<X509> certificate_;
  std::shared_ptr<EVP_PKEY> key_;
};

Certificate self_signed(const Wish& wish);
Certificate issued_by(const Certificate& issuer, const Wish& wish);

inline Wish authority(const std::string& name) {
  Wish wish;
  wish.name = name;
  wish.alt_names.clear();
  wish.authority = true;
  return wish;
}
inline Wish client(const std::string& name) {
  Wish wish;
  wish.name = name;
  wish.alt_names.clear();
  return wish;
}

/// A folder that goes with the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }
  /// Writes it anew in one step, as who renews certificates does. The path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace ekws::test

#include "support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <fstream>
#include <stdexcept>

namespace ekws::test {

namespace {

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL cannot make the certificate");
}

std::string text_of(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::shared_ptr<EVP_PKEY> new_key(int rsa_bits) {
  EVP_PKEY* key = rsa_bits != 0 ? EVP_RSA_gen(static_cast<unsigned>(rsa_bits)) : EVP_EC_gen("P-256");
  must(key != nullptr);
  return {key, &EVP_PKEY_free};
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), &X509_EXTENSION_free);
  must(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::shared_ptr<X509> unsigned_certificate(const Wish& wish, EVP_PKEY* key) {
  std::shared_ptr<X509> made(X509_new(), &X509_free);
  X509* certificate = made.get();
  must(certificate != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> serial(BN_new(), &BN_free);
  must(BN_rand(serial.get(), 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
       BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr);
  must(X509_time_adj_ex(X509_getm_notBefore(certificate), wish.days_from, 0, nullptr) != nullptr &&
       X509_time_adj_ex(X509_getm_notAfter(certificate), wish.days_to, 0, nullptr) != nullptr);
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0) == 1);
  must(X509_set_pubkey(certificate, key) == 1);
  return made;
}

Certificate make(const Wish& wish, const Certificate* issuer) {
  const auto key = new_key(wish.rsa_bits);
  const auto certificate = unsigned_certificate(wish, key.get());
  X509* by = issuer != nullptr ? issuer->x509() : certificate.get();
  must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(by)) == 1);
  extend(certificate.get(), by, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "");
  extend(certificate.get(), by, NID_key_usage, wish.authority ? "critical,keyCertSign,cRLSign" : "");
  extend(certificate.get(), by, NID_subject_alt_name, wish.alt_names);
  extend(certificate.get(), by, NID_ext_key_usage, wish.extended_usage);
  must(X509_sign(certificate.get(), issuer != nullptr ? issuer->pkey() : key.get(), EVP_sha256()) != 0);
  return {certificate, key};
}

}  // namespace

Certificate self_signed(const Wish& wish) { return make(wish, nullptr); }
Certificate issued_by(const Certificate& issuer, const Wish& wish) { return make(wish, &issuer); }

std::string Certificate::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  must(PEM_write_bio_X509(bio.get(), x509()) == 1);
  return text_of(bio);
}

std::string Certificate::key_pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  must(PEM_write_bio_PrivateKey(bio.get(), pkey(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio);
}

std::string Certificate::encrypted_key_pem(const std::string& password) const {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  must(PEM_write_bio_PKCS8PrivateKey(bio.get(), pkey(), EVP_aes_128_cbc(), password.data(),
                                     static_cast<int>(password.size()), nullptr, nullptr) == 1);
  return text_of(bio);
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "ekws-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / (name + ".new"), std::ios::binary) << text;
  std::filesystem::rename(path_ / (name + ".new"), path_ / name);
  return path(name);
}

}  // namespace ekws::test

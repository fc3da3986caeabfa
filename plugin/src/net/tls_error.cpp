#include "net/tls_error.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace ekws::net {

namespace {

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string printed(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string text_of(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
  return printed(bio);
}

std::string text_of(const ASN1_TIME* time) {
  const BioPtr bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!bio || ASN1_TIME_print(bio.get(), time) != 1) return {};
  return printed(bio);
}

/// Names that are shown of a certificate; it may have thousands.
constexpr int kMostNames = 10;

std::string text_of(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) {
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                     static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    // The peer's word, which goes into our logs.
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
    return text;
  }
  if (name->type != GEN_IPADD) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
  return ::inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), text.data(), text.size()) != nullptr
             ? text.data()
             : "";
}

std::string alert_text(unsigned long code) {
  const std::string text = SSL_alert_desc_string_long(ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET);
  const char* reason = ERR_reason_error_string(code);
  if (text != "unknown" || reason == nullptr) return text;
  // Those of TLS 1.3 it does not know: "tlsv13 alert certificate required".
  const char* alert = std::strstr(reason, "alert ");
  return alert != nullptr ? alert + std::strlen("alert ") : reason;
}

/// Who should have been trusted for this one to be.
std::string unknown_issuer(const X509* certificate) {
  const std::string issuer = text_of(X509_get_issuer_name(certificate));
  const std::string subject = text_of(X509_get_subject_name(certificate));
  if (issuer == subject) return "unknown CA: \"" + subject + "\" is self-signed and not among the CAs trusted";
  return "unknown CA: \"" + subject + "\" was issued by \"" + issuer +
         "\", which is not among the CAs trusted and was not sent along";
}

}  // namespace

void tls_initialise() {
  static const int done = OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr);
  (void)done;
}

std::string tls_reason() {
  unsigned long code = ERR_get_error();
  // What went wrong in libcrypto's rooms says less than what it meant for TLS.
  while (const unsigned long next = ERR_get_error()) {
    if (ERR_GET_LIB(code) != ERR_LIB_SSL && ERR_GET_LIB(next) == ERR_LIB_SSL) code = next;
  }
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    const bool version = reason - SSL_AD_REASON_OFFSET == SSL_AD_PROTOCOL_VERSION;
    return "the peer refused with the alert \"" + alert_text(code) +
           (version ? "\": it speaks only older versions of TLS, or none" : "\"");
  }
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text != nullptr ? text : "error " + std::to_string(code);
}

std::string names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::string names;
  int count = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const std::string name = text_of(sk_GENERAL_NAME_value(all.get(), i));
    if (name.empty() || ++count > kMostNames) continue;
    names += (names.empty() ? "" : ", ") + name;
  }
  if (count > kMostNames) names += " and " + std::to_string(count - kMostNames) + " more";
  return names.empty() ? "no host at all (it has no subjectAltName)" : names;
}

std::string subject_of(const X509* certificate) { return text_of(X509_get_subject_name(certificate)); }

std::string verify_failure(X509_STORE_CTX* store) {
  const int error = X509_STORE_CTX_get_error(store);
  const X509* certificate = X509_STORE_CTX_get_current_cert(store);
  const char* standard = X509_verify_cert_error_string(error);
  if (certificate == nullptr) return standard;
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "it is for " + names_of(certificate);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "\"" + subject_of(certificate) + "\" has expired on " + text_of(X509_get0_notAfter(certificate));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "\"" + subject_of(certificate) + "\" is not valid before " + text_of(X509_get0_notBefore(certificate));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return unknown_issuer(certificate);
    default:
      return "\"" + subject_of(certificate) + "\": " + standard;
  }
}

}  // namespace ekws::net

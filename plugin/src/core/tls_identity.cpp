#include "core/tls_identity.h"

namespace ekws::core {

namespace {

std::string of(const Pem& pem) { return pem.path.empty() ? pem.text : "file " + pem.path; }

template <typename Choice>
std::string of(Choice choice) {
  return std::to_string(static_cast<int>(choice));
}

}  // namespace

std::vector<std::pair<const char*, std::string>> tls_identity(const std::optional<TlsOptions>& tls) {
  const TlsOptions options = tls.value_or(TlsOptions{});
  const bool server = options.server;
  return {{"httpServerTls", tls ? "on" : "off"},
          {server ? "httpServerTls" : "certificationPath", of(options.certificate)},
          {server ? "httpServerTls" : "privateKeyPath", of(options.key)},
          {"privateKeyPassword", options.key_password},
          {"privateKeyPasswordFile", options.key_password_file},
          {server ? "clientCaFile" : "rootCaPath", of(options.ca)},
          {"serverName", options.server_name},
          {"insecureSkipVerify", of(options.skip_verify)},
          {"clientAuth", of(options.client_auth)},
          {"tlsMinVersion", of(options.min_version)},
          {"ciphers", options.ciphers},
          {"renegotiationSupport", of(options.renegotiation)}};
}

}  // namespace ekws::core

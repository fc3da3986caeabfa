#include "config/tls.h"

#include <array>
#include <string_view>
#include <utility>

#include "config/address.h"
#include "config/base64.h"
#include "config/file_path.h"
#include "config/text.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr const char* kPem = "the base64 of a PEM text";

/// Properties that make a client speak TLS.
constexpr std::string_view kMeanTls[] = {"certificationPath", "privateKeyPath", "rootCaPath",
                                         "certificationRaw",  "privateKeyRaw",  "rootCARaw"};
/// Properties that need TLS to mean anything.
constexpr std::string_view kNeedTls[] = {"serverName", "tlsMinVersion",      "renegotiationSupport",
                                         "ciphers",    "privateKeyPassword", "privateKeyPasswordFile"};

bool means_tls(const Props& props) {
  for (const auto name : kMeanTls) {
    if (props.given(name)) return true;
  }
  return props.flag("insecureSkipVerify") || props.given("tls");
}

template <typename Names>
void warn_ignored(const Props& props, const Names& names, const std::string& why, std::vector<std::string>& warnings) {
  for (const std::string_view name : names) {
    if (props.given(name)) warnings.push_back(std::string(name) + " is ignored: " + why);
  }
}

void warn_ignored_by_client(const Props& props, const std::string& why, std::vector<std::string>& warnings) {
  warn_ignored(props, kMeanTls, why, warnings);
  warn_ignored(props, kNeedTls, why, warnings);
  if (props.flag("insecureSkipVerify")) warnings.push_back("insecureSkipVerify is ignored: " + why);
}

/// The file comes first, as with the built-in source.
Pem read_pem(const Props& props, const Document& document, const char* path, const char* raw,
             std::vector<std::string>& warnings) {
  if (props.given(path)) {
    if (props.given(raw)) warnings.push_back(std::string(raw) + " is ignored: " + path + " comes first");
    return {path, absolute_path(document.root, props.text(path)), {}};
  }
  if (!props.given(raw)) return {path, {}, {}};
  const std::string given = props.text(raw);
  if (given.rfind("-----BEGIN", 0) == 0) return {raw, {}, given};
  auto text = decode_base64(given);
  if (!text || text->find("-----BEGIN") == std::string::npos) refuse(raw, "the value given", kPem);
  return {raw, {}, std::move(*text)};
}

void check_pair(const Pem& certificate, const Pem& key) {
  if (certificate.given() && !key.given()) fail(key.property, "it is needed beside " + certificate.property);
  if (key.given() && !certificate.given()) fail(certificate.property, "it is needed beside " + key.property);
}

TlsVersion read_min_version(const Props& props) {
  const std::string text = props.text("tlsMinVersion");
  if (text == "tls1.0") return TlsVersion::tls1_0;
  if (text == "tls1.1") return TlsVersion::tls1_1;
  if (text == "tls1.3") return TlsVersion::tls1_3;
  return TlsVersion::tls1_2;
}

Renegotiation read_renegotiation(const Props& props) {
  const std::string text = props.text("renegotiationSupport");
  if (text == "once") return Renegotiation::once;
  if (text == "freely") return Renegotiation::freely;
  return Renegotiation::never;
}

/// What both roles have.
void read_common(const Props& props, const Document& document, TlsOptions& options) {
  options.key_password = props.text("privateKeyPassword");
  options.key_password_file = absolute_path(document.root, props.text("privateKeyPasswordFile"));
  if (!options.key_password.empty() && !options.key_password_file.empty()) {
    fail("privateKeyPassword", "give it or privateKeyPasswordFile, not both");
  }
  options.min_version = read_min_version(props);
  options.ciphers = props.text("ciphers");
}

TlsOptions read_client(const Props& props, const Document& document, std::vector<std::string>& warnings) {
  TlsOptions options;
  options.certificate = read_pem(props, document, "certificationPath", "certificationRaw", warnings);
  options.key = read_pem(props, document, "privateKeyPath", "privateKeyRaw", warnings);
  check_pair(options.certificate, options.key);
  options.ca = read_pem(props, document, "rootCaPath", "rootCARaw", warnings);
  options.skip_verify = props.flag("insecureSkipVerify");
  options.server_name = props.text("serverName");
  options.renegotiation = read_renegotiation(props);
  read_common(props, document, options);
  return options;
}

/// `tls: default`: what kuiper.yaml says under security.tls, with the names of our properties.
TlsOptions read_default(const Document& document, std::vector<std::string>& warnings) {
  const auto settings = document.kuiper_yaml.empty() ? TlsSection{} : read_tls_section(document.kuiper_yaml, warnings);
  if (settings.empty()) {
    const std::string where = document.kuiper_yaml.empty() ? "kuiper.yaml" : document.kuiper_yaml;
    fail("tls", "\"default\" takes what is under security.tls in " + where + ", where nothing is");
  }
  rapidjson::Document json(rapidjson::kObjectType);
  const auto add = [&](const std::string& text) {
    return rapidjson::Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), json.GetAllocator());
  };
  for (const auto& [name, value] : settings) json.AddMember(add(name), add(value), json.GetAllocator());
  const Props props(json, warnings);
  if (props.given("decrypt")) fail("decrypt", "encrypted certificate files are not supported by this source");
  return read_client(props, document, warnings);
}

std::string nested_text(std::string_view name, const rapidjson::Value& value) {
  if (value.IsNull()) return {};
  if (!value.IsString()) fail("httpServerTls", std::string(name) + " must be the path of a file");
  return std::string(trim(view(value)));
}

/// certfile and keyfile, in whatever case. Forms send an empty object for a field that was not filled in, so that one
/// is left out; who wants a plain listener beside the TLS of kuiper.yaml says none.
TlsFiles read_group_files(const rapidjson::Value& value, std::vector<std::string>& warnings) {
  TlsFiles files;
  if (value.IsString() && equal_without_case(trim(view(value)), "none")) return files;
  if (!value.IsObject()) {
    refuse("httpServerTls", value.IsArray() ? "a list" : "the value given",
           "an object with certfile and keyfile, or none");
  }
  for (const auto& member : value.GetObject()) {
    const auto name = view(member.name);
    if (equal_without_case(name, "certfile")) {
      files.certificate = nested_text("certfile", member.value);
    } else if (equal_without_case(name, "keyfile")) {
      files.key = nested_text("keyfile", member.value);
    } else {
      warnings.push_back("unknown property " + quote("httpServerTls." + std::string(name)) + " is ignored");
    }
  }
  return files;
}

ClientAuth read_client_auth(const Props& props) {
  const std::string text = props.text("clientAuth");
  const bool has_ca = props.given("clientCaFile");
  if (text == "none") return ClientAuth::none;
  if (!text.empty() && !has_ca) fail("clientCaFile", "it is needed beside clientAuth: " + text);
  if (text == "want") return ClientAuth::want;
  return has_ca ? ClientAuth::need : ClientAuth::none;
}

}  // namespace

std::optional<TlsOptions> read_client_tls(const Props& props, const Document& document, const std::string& scheme,
                                          std::vector<std::string>& warnings) {
  if (scheme == "ws" || (scheme.empty() && !means_tls(props))) {
    const char* why = scheme.empty() ? "the connection is plain; scheme wss makes it TLS" : "the scheme is ws";
    warn_ignored_by_client(props, why, warnings);
    warn_ignored(props, std::array<std::string_view, 1>{"tls"}, why, warnings);
    return std::nullopt;
  }
  if (!props.given("tls")) return read_client(props, document, warnings);
  warn_ignored_by_client(props, "tls is default", warnings);
  return read_default(document, warnings);
}

std::optional<TlsOptions> read_server_tls(const Props& props, const Document& document, const SourceSection& section,
                                          std::vector<std::string>& warnings) {
  const auto* group = props.find("httpServerTls");
  const TlsFiles files = group != nullptr ? read_group_files(*group, warnings) : section.tls;
  const std::string where = group != nullptr ? "" : " in " + document.kuiper_yaml;
  if (files.certificate.empty() && files.key.empty()) {
    for (const char* name : {"clientCaFile", "clientAuth"}) {
      if (props.given(name) && !equal_without_case(props.text(name), "none"))
        fail("httpServerTls", std::string("it is needed beside ") + name);
    }
    warn_ignored(props, kNeedTls, "the server is plain; httpServerTls makes it TLS", warnings);
    return std::nullopt;
  }
  TlsOptions options;
  options.server = true;
  options.certificate = {"httpServerTls.certfile" + where, absolute_path(document.root, files.certificate), {}};
  options.key = {"httpServerTls.keyfile" + where, absolute_path(document.root, files.key), {}};
  check_pair(options.certificate, options.key);
  options.ca = {"clientCaFile", absolute_path(document.root, props.text("clientCaFile")), {}};
  options.client_auth = read_client_auth(props);
  read_common(props, document, options);
  return options;
}

}  // namespace ekws::config

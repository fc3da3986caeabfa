// The TLS properties of both roles.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/tls_options.h"
#include "config/document.h"
#include "config/kuiper_yaml.h"
#include "config/props.h"

namespace ekws::config {

// Both throw Failure. What the files hold is for whoever uses them to check; texts given as base64 are decoded here.

/// `scheme`: ws, wss, or empty when none was given; then a certificate, a key, a CA or insecureSkipVerify means TLS,
/// since NeuronEX's form has no field for the scheme. Empty: plain.
std::optional<TlsOptions> read_client_tls(const Props& props, const Document& document, const std::string& scheme,
                                          std::vector<std::string>& warnings);

/// httpServerTls of the group, else of kuiper.yaml. Empty: plain.
std::optional<TlsOptions> read_server_tls(const Props& props, const Document& document, const SourceSection& section,
                                          std::vector<std::string>& warnings);

}  // namespace ekws::config

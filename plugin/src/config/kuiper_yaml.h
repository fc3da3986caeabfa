// What we need of the host's kuiper.yaml: the section `source`, where its documentation tells users to set the port,
// `security.tls`, and the ports of its own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ekws::config {

struct TlsFiles {
  std::string certificate;
  std::string key;
};

struct SourceSection {
  std::optional<std::string> ip;
  std::optional<std::string> port;
  TlsFiles tls;                          ///< httpServerTls; paths as written
  std::optional<std::string> rest_port;  ///< of the section `basic`
  std::optional<std::string> rpc_port;   ///< `port` there
};

/// Keys are found without case, as the host does. A file or section that is missing or broken is told in `warnings`,
/// and what was read until then counts. Reads at most 1 MiB, from a regular file only.
SourceSection read_source_section(const std::string& file, std::vector<std::string>& warnings);

/// Name and value of what stands under security.tls, the TLS settings of the host's clients; empty when nothing does.
/// What is no scalar has an empty object's text as its value. Reads like the other.
using TlsSection = std::vector<std::pair<std::string, std::string>>;
TlsSection read_tls_section(const std::string& file, std::vector<std::string>& warnings);

}  // namespace ekws::config

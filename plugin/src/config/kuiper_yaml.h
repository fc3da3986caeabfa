// The `source` section of the host's kuiper.yaml, where its documentation tells users to set the port.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ekws::config {

struct SourceSection {
  std::optional<std::string> ip;
  std::optional<std::string> port;
  bool tls = false;  ///< httpServerTls names a certificate or a key
};

/// Keys are found without case, as the host does. A file or section that is missing or broken is told in `warnings`,
/// and what was read until then counts. Reads at most 1 MiB, from a regular file only.
SourceSection read_source_section(const std::string& file, std::vector<std::string>& warnings);

}  // namespace ekws::config

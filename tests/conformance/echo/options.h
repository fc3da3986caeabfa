// What ekws-echo is asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/compression.h"
#include "base/tls_options.h"

namespace ekws::echo {

struct Listen {
  std::string ip;
  std::uint16_t port = 0;  ///< 0: the system chooses
};

struct Connect {
  std::string host;
  std::uint16_t port = 0;
  std::string target;
};

struct Options {
  std::optional<Listen> listen;  ///< either this
  std::optional<Connect> connect;
  std::uint64_t max_message_bytes = 16U << 20U;  ///< the plugin's default, maxMessageBytes
  std::optional<TlsOptions> tls;                 ///< with --tls (server), with wss (client)
  Compression compression;
};

extern const char* const kUsage;

/// Throws Failure that names the argument and what is allowed.
Options read_options(const std::vector<std::string>& arguments);

}  // namespace ekws::echo

// Addresses: the one a client connects to, and IP literals.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ekws::config {

struct Address {
  std::string scheme;      ///< "ws", "wss", or empty when none was written
  std::string host;        ///< name or IP literal, an IPv6 one without brackets
  std::uint16_t port = 0;  ///< 0 when none was written
  std::string path;        ///< path and query as written; empty when there is none, or only "/"
};

/// The value of `addr`: host, host:port, :port (localhost), [IPv6]:port, each with ws:// or wss:// in front and a path
/// behind. Throws Failure; what stands before "@" is in no text.
Address parse_address(std::string_view addr);

/// An IPv4 or IPv6 literal without brackets or zone.
bool is_ip_literal(const std::string& text);

/// For httpServerIp: an IP literal, one in brackets, "localhost" or "" (every address), as an IP literal; empty if it
/// is none of these.
std::string listen_ip(std::string_view text);

}  // namespace ekws::config

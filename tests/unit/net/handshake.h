// Opening handshakes (RFC 6455 section 4), written down apart from the code under test.
#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

namespace ekws::net {

constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";  ///< of section 1.3

constexpr const char* kUpgradeHeaders =
    "Host: server.example.com\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";

inline std::string request(std::string_view line = "GET /chat HTTP/1.1", std::string_view headers = kUpgradeHeaders) {
  return std::string(line) + "\r\n" + std::string(headers) + "\r\n";
}

/// Value of a header in an HTTP message, empty if there is none.
inline std::string header_value(std::string_view message, std::string_view name) {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const auto at = message.find(start);
  if (at == std::string_view::npos) return {};
  const auto begin = at + start.size();
  return std::string(message.substr(begin, message.find("\r\n", begin) - begin));
}

/// Sec-WebSocket-Accept for a key (section 4.2.2 item 5).
inline std::string accept_for(std::string_view key) {
  const std::string input = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(input.data(), input.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char base64[64];
  const int length = EVP_EncodeBlock(base64, digest, static_cast<int>(size));
  return {reinterpret_cast<char*>(base64), static_cast<std::size_t>(length)};
}

/// The answer to a client's request that lets it in; `more` are further header lines.
inline std::string response(std::string_view client_request, std::string_view more = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         accept_for(header_value(client_request, "Sec-WebSocket-Key")) + "\r\n" + std::string(more) + "\r\n";
}

}  // namespace ekws::net

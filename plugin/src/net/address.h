// Socket addresses: from IP literals, to text.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ekws::net {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// From an IP literal, an IPv6 one without brackets, with a zone if it likes; empty if it is none. Does not block.
std::optional<Address> ip_address(const std::string& ip, std::uint16_t port);

/// "192.0.2.1:5000" or "[2001:db8::1]:5000"; "local" for a socket that has no IP address.
std::string to_string(const Address& address);

/// Whether both are the same IP address and port.
inline bool operator==(const Address& a, const Address& b) { return to_string(a) == to_string(b); }

/// Whose connections count as one client's, from what to_string gave: "192.0.2.1", the same for an IPv4 address within
/// an IPv6 one; of IPv6 the network, "2001:db8::/64", in which a client has as many addresses as it likes.
std::string client_of(const std::string& address);

/// Host and port as in a URL or a Host header: an IPv6 literal gets its brackets.
std::string join_host_port(std::string_view host, std::uint16_t port);

/// A non-blocking, close-on-exec TCP socket gets what every connection of ours has: no delay, keepalive.
void set_connection_options(int fd);

}  // namespace ekws::net

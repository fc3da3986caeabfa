#include "config/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <cstddef>

#include "config/text.h"
#include "config/units.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr const char* kAddr = "addr";
constexpr const char* kAllowed = "host:port, such as 127.0.0.1:8080, with or without ws:// in front";

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
}

std::string take_scheme(std::string_view& rest) {
  const auto mark = rest.find("://");
  if (mark == std::string_view::npos || rest.find_first_of("/@?#") < mark) return {};
  std::string scheme = lower(rest.substr(0, mark));
  if (scheme != "ws" && scheme != "wss") {
    refuse(kAddr, "the scheme " + quote(rest.substr(0, mark)), "ws or wss, or left out");
  }
  rest.remove_prefix(mark + 3);
  return scheme;
}

/// The host off the front of `rest`; what is left is empty or starts with ":".
std::string take_host(std::string_view& rest, const std::string& shown) {
  if (!rest.empty() && rest[0] == '[') {
    const auto end = rest.find(']');
    const std::string inside(end == std::string_view::npos ? rest : rest.substr(1, end - 1));
    const std::string without_zone = inside.substr(0, inside.find('%'));
    const std::string zone = inside.substr(std::min(without_zone.size() + 1, inside.size()));
    // A zone is the name of an interface; it ends up in the Host header.
    if (end == std::string_view::npos || without_zone.find(':') == std::string::npos || !is_ip_literal(without_zone) ||
        !std::all_of(zone.begin(), zone.end(), is_name_char)) {
      refuse(kAddr, shown, "an IPv6 address inside brackets, such as [::1]:8080");
    }
    rest.remove_prefix(end + 1);
    return inside;
  }
  if (std::count(rest.begin(), rest.end(), ':') > 1) {
    refuse(kAddr, shown, "host:port, with an IPv6 address in brackets: [::1]:8080");
  }
  const std::string host(rest.substr(0, rest.find(':')));
  if (host.empty() && rest.size() > 1) return "localhost";  // as the built-in source does with ":8080"
  if (host.empty() || !std::all_of(host.begin(), host.end(), is_name_char)) refuse(kAddr, shown, kAllowed);
  rest.remove_prefix(host.size());
  return host;
}

std::uint16_t read_port(std::string_view rest, const std::string& shown) {
  if (rest.empty() || rest == ":") return 0;
  const bool digits =
      rest[0] == ':' && std::all_of(rest.begin() + 1, rest.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto port = digits ? parse_integer(rest.substr(1)) : std::nullopt;
  if (!port || *port < 1 || *port > 65535) {
    refuse(kAddr, shown, std::string(kAllowed) + ", the port from 1 to 65535");
  }
  return static_cast<std::uint16_t>(*port);
}

}  // namespace

Address parse_address(std::string_view addr) {
  std::string_view rest = trim(addr);
  Address address;
  const std::string_view whole = rest;
  address.scheme = take_scheme(rest);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    fail(kAddr,
         "a user and password before \"@\" are not allowed; send them with requestHeader, as Authorization: Basic …");
  }
  rest.remove_prefix(authority.size());
  const std::string shown = quote_without_query(whole);
  address.host = take_host(authority, shown);
  address.port = read_port(authority, shown);
  if (rest != "/") address.path = rest;
  return address;
}

bool is_ip_literal(const std::string& text) {
  in6_addr address{};
  if (text.find('\0') != std::string::npos) return false;  // the end of it for inet_pton
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string listen_ip(std::string_view text) {
  text = trim(text);
  if (text.empty()) return "0.0.0.0";
  if (equal_without_case(text, "localhost")) return "127.0.0.1";
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  const std::string ip(text);
  return is_ip_literal(ip) ? ip : std::string();
}

}  // namespace ekws::config

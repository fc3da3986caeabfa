#include "config/path.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "config/text.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr const char* kAllowed = "a path that starts with \"/\", such as /api/data";

void check_start(std::string_view where, std::string_view path) {
  if (path.empty() || path[0] != '/') refuse(where, quote_without_query(path), kAllowed);
  if (std::any_of(path.begin(), path.end(), is_control)) {
    refuse(where, quote_without_query(path), std::string(kAllowed) + ", without control characters");
  }
}

/// pchar, "/" and "?" of RFC 3986: what a request line takes as it is.
bool is_plain(char c) {
  static constexpr std::string_view kPunctuation = "-._~!$&'()*+,;=:@/?";
  return is_alphanumeric(c) || kPunctuation.find(c) != std::string_view::npos;
}

void append_encoded(std::string& target, char c) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  target += {'%', kHex[byte >> 4], kHex[byte & 0xF]};
}

bool is_escape(std::string_view path, std::size_t at) {
  return at + 2 < path.size() && hex_value(path[at + 1]) >= 0 && hex_value(path[at + 2]) >= 0;
}

/// Decodes the escape at `at` and moves behind it: a server compares decoded paths. A % alone stands for itself.
char take_escape(std::string_view where, std::string_view path, std::size_t& at) {
  if (!is_escape(path, at)) return path[at++];
  const char c = static_cast<char>(hex_value(path[at + 1]) * 16 + hex_value(path[at + 2]));
  at += 3;
  if (is_control(c) || c == '{' || c == '}') {
    refuse(where, quote_without_query(path), "a path without control characters and without encoded braces");
  }
  return c;
}

/// Position behind the brace that closes the one at `open`, npos if there is none. An expression may hold braces.
std::size_t behind_brace(std::string_view path, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < path.size(); ++at) {
    if (path[at] == '{') ++depth;
    if (path[at] == '}' && --depth == 0) return at + 1;
  }
  return std::string_view::npos;
}

/// Checks the inside of one pair of braces: name, or name:expression. A name may be any text: 设备, device.id.
void check_variable(std::string_view where, std::string_view path, std::string_view inside,
                    std::set<std::string_view>& names) {
  const auto colon = inside.find(':');
  const auto name = inside.substr(0, colon);
  if (name.empty() || name.find_first_of("{}") != std::string_view::npos) {
    refuse(where, quote_without_query(path), "a pattern whose variables have names, such as {id} or {id:[0-9]+}");
  }
  if (colon != std::string_view::npos && colon + 1 == inside.size()) {
    refuse(where, quote_without_query(path), "a pattern with an expression behind the colon, such as {id:[0-9]+}");
  }
  if (!names.insert(name).second) {
    refuse(where, quote_without_query(path), "a pattern that has each name once, but it has " + quote(name) + " twice");
  }
}

}  // namespace

std::string client_target(std::string_view where, std::string_view path, std::vector<std::string>& warnings) {
  check_start(where, path);
  std::string target;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char c = path[at];
    if (c == '#') {  // RFC 6455 section 3: never sent
      warnings.push_back(std::string(where) + ": what follows # in " + quote_without_query(path) +
                         " is ignored by a client; write %23 if the character itself is meant");
      break;
    }
    if (c == '%') {
      if (!is_escape(path, at)) {
        refuse(where, quote_without_query(path), "a path with two hexadecimal digits behind each %");
      }
      target += c;
    } else if (is_plain(c)) {
      target += c;
    } else {
      append_encoded(target, c);
    }
  }
  return target;
}

std::string server_pattern(std::string_view where, std::string_view path, std::vector<std::string>& warnings) {
  check_start(where, path);
  std::set<std::string_view> names;
  std::string pattern;
  for (std::size_t at = 0; at < path.size();) {
    const char c = path[at];
    if (c == '?') {
      warnings.push_back(std::string(where) + ": the query in " + quote_without_query(path) +
                         " is ignored by a server, which takes every query");
      break;
    }
    const auto behind = c == '{' ? behind_brace(path, at) : std::string_view::npos;
    if (c == '}' || (c == '{' && behind == std::string_view::npos)) {
      refuse(where, quote_without_query(path), "a pattern whose braces are balanced");
    }
    if (c == '{') {
      check_variable(where, path, path.substr(at + 1, behind - at - 2), names);
      pattern += path.substr(at, behind - at);
      at = behind;
    } else {
      pattern += c == '%' ? take_escape(where, path, at) : path[at++];
    }
  }
  return pattern;
}

}  // namespace ekws::config

#include "config/text.h"

#include <algorithm>
#include <cstddef>

#include "base/utf8.h"

namespace ekws::config {
namespace {

constexpr std::size_t kShown = 80;

std::string escape(char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xF]};
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::string quote(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    if (result.size() > kShown) {
      result += "…";
      break;
    }
    const std::size_t length = utf8_character(text);
    if (length == 0 || is_control(text[0])) {
      result += escape(text[0]);
    } else {
      if (text[0] == '"' || text[0] == '\\') result += '\\';
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result + '"';
}

std::string quote_without_query(std::string_view text) {
  const auto query = text.find('?');
  if (query == std::string_view::npos) return quote(text);
  return quote(std::string(text.substr(0, query)) + "?…");
}

}  // namespace ekws::config

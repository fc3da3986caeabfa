#include "config/header.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include "base/ascii.h"
#include "base/file.h"
#include "config/text.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr const char* kName = "requestHeader";
constexpr const char* kFileName = "requestHeaderFile";
/// More than any server takes.
constexpr std::size_t kLargestFile = 64 * 1024;

/// Where a header stands, for texts.
struct Place {
  const char* property = kName;
  std::string in;  ///< " in line 3 of /x", or nothing
};

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

/// What the opening handshake (RFC 6455 section 4.1) or the framing of HTTP sets; two of them would contradict.
bool is_ours(std::string_view name) {
  static constexpr std::string_view kOurs[] = {"Upgrade",
                                               "Connection",
                                               "Sec-WebSocket-Key",
                                               "Sec-WebSocket-Version",
                                               "Sec-WebSocket-Accept",
                                               "Sec-WebSocket-Extensions",
                                               "Content-Length",
                                               "Transfer-Encoding"};
  return std::any_of(std::begin(kOurs), std::end(kOurs),
                     [&](std::string_view each) { return equal_without_case(each, name); });
}

bool has(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& each) { return equal_without_case(each.first, name); });
}

/// `name` is a token.
void add(Headers& headers, const Place& place, std::string_view name, std::string_view value) {
  if (is_ours(name)) fail(place.property, quote(name) + place.in + " is not allowed; the handshake sets it itself");
  const std::string header = "the value of " + quote(name) + place.in;
  const auto text = trim(value);
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; })) {
    refuse(place.property, header, "text without control characters, such as line breaks");
  }
  if (equal_without_case(name, "Host")) {
    if (text.empty()) refuse(place.property, header, "not empty");
    if (has(headers, name)) refuse(place.property, "a second \"Host\"" + place.in, "given once");
  }
  headers.emplace_back(name, text);
}

void add(Headers& headers, std::string_view name, const rapidjson::Value& value) {
  if (!value.IsString()) refuse(kName, "the value of " + quote(name), "text or a list of texts");
  add(headers, Place{}, name, view(value));
}

void add_line(Headers& headers, const Place& place, std::string_view line) {
  if (trim(line).empty() || line[0] == '#') return;
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  if (colon == std::string_view::npos || !is_token(name)) {  // what stands there may be the secret itself
    refuse(place.property, "what stands" + place.in, "a header's name, a colon and its value, such as X-Site: 4");
  }
  add(headers, place, name, line.substr(colon + 1));
}

}  // namespace

Headers read_headers(const rapidjson::Value& value) {
  if (!value.IsObject()) {
    refuse(kName, value.IsArray() ? "a list" : "the value given",
           "an object of header names, each with a value or a list of values");
  }
  Headers headers;
  for (const auto& member : value.GetObject()) {
    const auto name = view(member.name);
    if (!is_token(name))
      refuse(kName, "the name " + quote(name), "a header name (letters, digits and - for the most part)");
    if (member.value.IsArray()) {
      for (const auto& each : member.value.GetArray()) add(headers, name, each);
    } else if (!member.value.IsNull()) {
      add(headers, name, member.value);
    }
  }
  return headers;
}

Headers read_header_file(const std::string& path) {
  std::string error;
  const std::string text = read_small_file(path, kLargestFile, error);
  if (!error.empty()) fail(kFileName, "cannot read " + path + ": " + error);
  Headers headers;
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    add_line(headers, {kFileName, " in line " + std::to_string(number) + " of " + path}, line);
  }
  return headers;
}

Headers with_header_file(const Headers& given, const std::string& file) {
  if (file.empty()) return given;
  Headers headers = read_header_file(file);
  std::copy_if(given.begin(), given.end(), std::back_inserter(headers),
               [all = headers](const auto& each) { return !has(all, each.first); });
  return headers;
}

}  // namespace ekws::config

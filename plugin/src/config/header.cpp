#include "config/header.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "config/text.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr const char* kName = "requestHeader";

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kPunctuation.find(c) != std::string_view::npos;
  });
}

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

void add(Headers& headers, std::string_view name, const rapidjson::Value& value) {
  const std::string header = "the value of " + quote(name);
  if (!value.IsString()) refuse(kName, header, "text or a list of texts");
  const auto text = trim(view(value));
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; })) {
    refuse(kName, header, "text without control characters, such as line breaks");
  }
  if (equal_without_case(name, "Host")) {
    if (text.empty()) refuse(kName, header, "not empty");
    const bool twice = std::any_of(headers.begin(), headers.end(),
                                   [](const auto& each) { return equal_without_case(each.first, "Host"); });
    if (twice) refuse(kName, "a second \"Host\"", "given once");
  }
  headers.emplace_back(name, text);
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
    if (is_ours(name)) fail(kName, quote(name) + " is not allowed; the handshake sets it itself");
    if (member.value.IsArray()) {
      for (const auto& each : member.value.GetArray()) add(headers, name, each);
    } else if (!member.value.IsNull()) {
      add(headers, name, member.value);
    }
  }
  return headers;
}

}  // namespace ekws::config

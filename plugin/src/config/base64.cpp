#include "config/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

namespace ekws::config {

namespace {

constexpr const char* kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '\r' && c != '\n'; });
  // The alphabet is checked here, since EVP_DecodeBlock takes more than is base64.
  const std::size_t padding = digits.size() - std::min(digits.size(), digits.find_last_not_of('=') + 1);
  if (padding > 2 || digits.find_first_not_of(kAlphabet) < digits.size() - padding) return std::nullopt;
  if (digits.size() % 4 != 0 || digits.size() > std::numeric_limits<int>::max()) return std::nullopt;
  std::string bytes(digits.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(&bytes[0]),
                      reinterpret_cast<const unsigned char*>(digits.data()), static_cast<int>(digits.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);  // it counts the padding as zeros
  return bytes;
}

}  // namespace ekws::config

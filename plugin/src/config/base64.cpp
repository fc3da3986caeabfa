#include "config/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

namespace ekws::config {

std::optional<std::string> decode_base64(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits), [](char c) { return c != '\r' && c != '\n'; });
  if (digits.size() % 4 != 0 || digits.size() > std::numeric_limits<int>::max()) return std::nullopt;
  std::string bytes(digits.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(&bytes[0]),
                      reinterpret_cast<const unsigned char*>(digits.data()), static_cast<int>(digits.size()));
  if (size < 0) return std::nullopt;
  // It counts the padding as zeros.
  const std::size_t padding = digits.size() - std::min(digits.size(), digits.find_last_not_of('=') + 1);
  if (padding > 2) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace ekws::config

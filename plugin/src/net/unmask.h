// Masking (RFC 6455 section 5.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ekws::net {

/// Applies the key to the payload bytes [offset, offset + size) of a frame, in place. True where what comes of it is
/// ASCII: whoever wants to know that needs no second look at the bytes.
inline bool unmask(char* data, std::size_t size, const std::array<char, 4>& key, std::uint64_t offset) {
  // SSE2 or NEON: what every machine has that we build for, without a look at run time.
  typedef std::uint64_t Vector __attribute__((vector_size(16)));
  std::array<char, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(offset + i) % key.size()];
  std::uint64_t mask = 0;
  std::memcpy(&mask, turned.data(), sizeof mask);

  const char* end = data + size;
  const Vector masks = {mask, mask};
  Vector seen = {};
  for (; end - data >= 32; data += 32) {
    Vector pair[2];
    std::memcpy(pair, data, sizeof pair);
    pair[0] ^= masks;
    pair[1] ^= masks;
    seen |= pair[0] | pair[1];
    std::memcpy(data, pair, sizeof pair);
  }
  std::uint64_t rest = seen[0] | seen[1];
  for (; end - data >= 8; data += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, sizeof word);
    word ^= mask;
    rest |= word;
    std::memcpy(data, &word, sizeof word);
  }
  for (std::size_t i = 0; data < end; ++i, ++data) {
    *data = static_cast<char>(*data ^ turned[i]);
    rest |= static_cast<std::uint8_t>(*data);
  }
  return (rest & 0x8080808080808080U) == 0;
}

}  // namespace ekws::net

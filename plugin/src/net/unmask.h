// Masking (RFC 6455 section 5.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ekws::net {

/// One word of it, whatever a word is; gives what comes of it.
template <typename Word>
inline Word unmask_word(char* data, Word mask) {
  Word word;
  std::memcpy(&word, data, sizeof word);
  word ^= mask;
  std::memcpy(data, &word, sizeof word);
  return word;
}

/// Applies the key to the payload bytes [offset, offset + size) of a frame, in place. True where what comes of it is
/// ASCII: whoever wants to know that needs no second look at the bytes.
inline bool unmask(char* data, std::size_t size, const std::array<char, 4>& key, std::uint64_t offset) {
  std::array<std::uint8_t, 8> twice;
  std::memcpy(twice.data(), key.data(), 4);
  std::memcpy(twice.data() + 4, key.data(), 4);
  const std::uint8_t* const turned = twice.data() + offset % 4;
  std::uint32_t half = 0;
  std::memcpy(&half, turned, sizeof half);
  const std::uint64_t word = half * std::uint64_t{0x1'0000'0001};
  // SSE2 or NEON: what every machine has that we build for, without a look at run time.
  typedef std::uint64_t Vector __attribute__((vector_size(16)));
  const Vector vector = {word, word};

  const char* const end = data + size;
  Vector ored = {};
  for (; end - data >= 32; data += 32) ored |= unmask_word(data, vector) | unmask_word(data + 16, vector);
  if (end - data >= 16) {
    ored |= unmask_word(data, vector);
    data += 16;
  }
  std::uint64_t seen = ored[0] | ored[1];
  if (end - data >= 8) {
    seen |= unmask_word(data, word);
    data += 8;
  }
  if (end - data >= 4) {
    seen |= unmask_word(data, half);
    data += 4;
  }
  // No more than three are left, which GCC would not know.
  for (std::size_t i = 0; i < 3 && data < end; ++i, ++data) seen |= unmask_word(data, turned[i]);
  return (seen & 0x8080808080808080U) == 0;
}

}  // namespace ekws::net

// Masking (RFC 6455 section 5.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ekws::net {

/// Applies the key to the payload bytes [offset, offset + size) of a frame, in place.
inline void unmask(char* data, std::size_t size, const std::array<char, 4>& key, std::uint64_t offset) {
  char turned[8];
  for (std::size_t i = 0; i < sizeof turned; ++i) turned[i] = key[(offset + i) % key.size()];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned, sizeof wide);
  std::size_t at = 0;
  for (; at + sizeof wide <= size; at += sizeof wide) {  // becomes vectors
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, sizeof word);
    word ^= wide;
    std::memcpy(data + at, &word, sizeof word);
  }
  for (; at < size; ++at) data[at] = static_cast<char>(data[at] ^ turned[at % sizeof turned]);
}

}  // namespace ekws::net

// The loop that pieces of the hot path are held against, here and in bench/micro.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ekws_guard {

/// What cannot be saved: a look at each byte, word by word, and its unmasking. Gives what it saw.
inline std::uint64_t xor_words(char* data, std::size_t size) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, 8);
    word ^= 0x3d21fa373d21fa37U;
    seen |= word;
    std::memcpy(data + i, &word, 8);
  }
  return seen;
}

}  // namespace ekws_guard

#include "base/utf8_validator.h"

#include <cstring>

namespace ekws {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080U;

/// How many bytes at the front are ASCII, in whole steps.
std::size_t ascii_prefix(const char* data, std::size_t size) {
  std::size_t at = 0;
  // Four words a step: the compiler makes vectors of it.
  for (; at + 32 <= size; at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, data + at, sizeof words);
    if (((words[0] | words[1] | words[2] | words[3]) & kHighBits) != 0) break;
  }
  for (; at + 8 <= size; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  return at;
}

}  // namespace

bool Utf8Validator::feed(const char* data, std::size_t size) {
  std::size_t at = 0;
  while (at < size) {
    const auto byte = static_cast<std::uint8_t>(data[at]);
    if (missing_ == 0 && byte < 0x80) {
      const std::size_t run = ascii_prefix(data + at, size - at);
      at += run == 0 ? 1 : run;
      continue;
    }
    if (!feed_character(byte)) return false;
    ++at;
  }
  return true;
}

bool Utf8Validator::feed_character(std::uint8_t byte) {
  if (missing_ != 0) {
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xBF;
    --missing_;
    return true;
  }
  if (byte < 0xC2 || byte > 0xF4) return false;
  missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  // Overlong forms, surrogates, and what is above U+10FFFF show in the second byte.
  low_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
  high_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
  return true;
}

}  // namespace ekws

// UTF-8 as it arrives, in pieces.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ekws {

/// Fails at the first byte that cannot be part of valid UTF-8 (RFC 3629 section 4), wherever the pieces are cut.
class Utf8Validator {
 public:
  /// False from the first impossible byte on.
  bool feed(const char* data, std::size_t size);
  /// Whether what was fed ends with a whole character.
  bool complete() const { return missing_ == 0; }
  void reset() { *this = {}; }

 private:
  bool feed_character(std::uint8_t byte);

  // What the next continuation byte has to be between; wider than that after the second byte of a character.
  std::uint8_t low_ = 0x80;
  std::uint8_t high_ = 0xBF;
  std::uint8_t missing_ = 0;  ///< bytes of the current character that are still to come
};

}  // namespace ekws

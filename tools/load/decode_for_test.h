// The obvious way to read frames, for tests to compare with.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace ekws_load {

struct DecodedFrame {
  bool fin;
  int opcode;
  bool masked;
  std::string payload;
};

inline std::vector<DecodedFrame> decode_all(const std::vector<char>& bytes) {
  std::vector<DecodedFrame> frames;
  size_t at = 0;
  auto next = [&] { return static_cast<uint8_t>(bytes.at(at++)); };
  while (at < bytes.size()) {
    DecodedFrame frame;
    const uint8_t first = next(), second = next();
    frame.fin = first & 0x80;
    frame.opcode = first & 0x0f;
    frame.masked = second & 0x80;
    uint64_t length = second & 0x7f;
    const int more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (more > 0) length = 0;
    for (int i = 0; i < more; i++) length = length * 256 + next();
    uint8_t key[4] = {};
    if (frame.masked) {
      for (uint8_t& k : key) k = next();
    }
    for (uint64_t i = 0; i < length; i++) frame.payload.push_back(static_cast<char>(next() ^ key[i % 4]));
    frames.push_back(frame);
  }
  return frames;
}

}  // namespace ekws_load

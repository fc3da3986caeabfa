#include "frame.h"

#include <cstring>

namespace ekws_load {

size_t frame_header_size(size_t payload, Role role) {
  size_t length = payload < 126 ? 2 : payload <= 0xffff ? 4 : 10;
  return role == Role::client ? length + 4 : length;
}

size_t write_frame_header(char* out, Opcode opcode, bool fin, size_t payload, Role role, uint32_t mask) {
  auto* byte = reinterpret_cast<uint8_t*>(out);
  const uint8_t mask_bit = role == Role::client ? 0x80 : 0;
  *byte++ = static_cast<uint8_t>((fin ? 0x80 : 0) | static_cast<uint8_t>(opcode));
  int length_bytes = 0;
  if (payload < 126) {
    *byte++ = static_cast<uint8_t>(mask_bit | payload);
  } else if (payload <= 0xffff) {
    *byte++ = static_cast<uint8_t>(mask_bit | 126);
    length_bytes = 2;
  } else {
    *byte++ = static_cast<uint8_t>(mask_bit | 127);
    length_bytes = 8;
  }
  for (int i = length_bytes - 1; i >= 0; i--) *byte++ = static_cast<uint8_t>(payload >> (8 * i));
  if (role == Role::client) {
    std::memcpy(byte, &mask, sizeof mask);
    byte += sizeof mask;
  }
  return static_cast<size_t>(reinterpret_cast<char*>(byte) - out);
}

void apply_mask(char* data, size_t size, uint32_t mask) {
  // Eight bytes at a step; two copies of the mask keep its byte order as it is in memory.
  uint64_t wide = 0;
  std::memcpy(&wide, &mask, 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, &mask, 4);
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, data + i, 8);
    word ^= wide;
    std::memcpy(data + i, &word, 8);
  }
  char key[4];
  std::memcpy(key, &mask, 4);
  for (; i < size; i++) data[i] = static_cast<char>(data[i] ^ key[i % 4]);
}

void append_control(std::vector<char>& out, Opcode opcode, std::string_view payload, Role role, uint32_t mask) {
  char header[kMaxFrameHeader];
  size_t length = write_frame_header(header, opcode, true, payload.size(), role, mask);
  out.insert(out.end(), header, header + length);
  size_t start = out.size();
  out.insert(out.end(), payload.begin(), payload.end());
  if (role == Role::client) apply_mask(out.data() + start, payload.size(), mask);
}

}  // namespace ekws_load

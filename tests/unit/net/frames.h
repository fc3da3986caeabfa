// Frames on the wire (RFC 6455 section 5.2), written down apart from the code under test.
#pragma once

#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ekws::net {

enum Opcode { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

struct Frame {
  int opcode = kText;
  std::string payload;
  bool fin = true;
  int rsv = 0;  ///< the three reserved bits
};

inline bool operator==(const Frame& a, const Frame& b) {
  return a.opcode == b.opcode && a.payload == b.payload && a.fin == b.fin && a.rsv == b.rsv;
}

inline std::ostream& operator<<(std::ostream& out, const Frame& frame) {
  return out << "{opcode " << frame.opcode << ", fin " << frame.fin << ", rsv " << frame.rsv << ", "
             << frame.payload.size() << " bytes: " << frame.payload.substr(0, 60) << "}";
}

/// How many bytes the length takes: minimal, or one of the longer forms (which section 5.2 forbids where a shorter one
/// does).
enum class Length { minimal, two_bytes, eight_bytes };

inline std::string header(const Frame& frame, bool masked, std::uint64_t size, Length form = Length::minimal) {
  std::string out;
  out += static_cast<char>((frame.fin ? 0x80 : 0) | (frame.rsv << 4) | frame.opcode);
  const int mask_bit = masked ? 0x80 : 0;
  const auto big_endian = [&](int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(size >> shift);
  };
  if (form == Length::minimal) {
    form = size > 65535 ? Length::eight_bytes : size > 125 ? Length::two_bytes : Length::minimal;
  }
  if (form == Length::minimal) {
    out += static_cast<char>(mask_bit | static_cast<int>(size));
  } else if (form == Length::two_bytes) {
    out += static_cast<char>(mask_bit | 126);
    big_endian(2);
  } else {
    out += static_cast<char>(mask_bit | 127);
    big_endian(8);
  }
  return out;
}

inline std::string encode(const Frame& frame, bool masked, Length form = Length::minimal) {
  static constexpr unsigned char kKey[] = {0x37, 0xfa, 0x21, 0x3d};
  std::string out = header(frame, masked, frame.payload.size(), form);
  if (!masked) return out + frame.payload;
  out.append(reinterpret_cast<const char*>(kKey), sizeof kKey);
  for (std::size_t i = 0; i < frame.payload.size(); ++i) {
    out += static_cast<char>(static_cast<unsigned char>(frame.payload[i]) ^ kKey[i % 4]);
  }
  return out;
}

/// Takes whole frames off the front of `bytes`. Throws where the mask bit is not as it has to be.
inline std::vector<Frame> take_frames(std::string& bytes, bool masked) {
  std::vector<Frame> frames;
  for (;;) {
    const auto at = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])); };
    if (bytes.size() < 2) return frames;
    if (((at(1) & 0x80U) != 0) != masked) throw std::runtime_error("a frame with the wrong mask bit");
    std::uint64_t size = at(1) & 0x7FU;
    const std::size_t extended = size == 127 ? 8 : size == 126 ? 2 : 0;
    const std::size_t begin = 2 + extended + (masked ? 4 : 0);
    if (bytes.size() < begin) return frames;
    if (extended != 0) size = 0;
    for (std::size_t i = 0; i < extended; ++i) size = size << 8U | at(2 + i);
    if (bytes.size() - begin < size) return frames;
    Frame frame{static_cast<int>(at(0) & 0x0FU), bytes.substr(begin, size), (at(0) & 0x80U) != 0,
                static_cast<int>(at(0) >> 4U & 7U)};
    for (std::size_t i = 0; masked && i < frame.payload.size(); ++i) {
      frame.payload[i] = static_cast<char>(frame.payload[i] ^ bytes[begin - 4 + i % 4]);
    }
    frames.push_back(std::move(frame));
    bytes.erase(0, begin + size);
  }
}

/// All of `bytes`, which have to be whole frames.
inline std::vector<Frame> decode(std::string bytes, bool masked) {
  auto frames = take_frames(bytes, masked);
  if (!bytes.empty()) throw std::runtime_error("half a frame");
  return frames;
}

/// Payload of a close frame (section 5.5.1).
inline std::string close_payload(int code, std::string_view reason = {}) {
  std::string out;
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xFF);
  return out.append(reason);
}

/// The code in a close frame, 0 where there is none.
inline int close_code(const Frame& frame) {
  if (frame.payload.size() < 2) return 0;
  return static_cast<unsigned char>(frame.payload[0]) << 8 | static_cast<unsigned char>(frame.payload[1]);
}

}  // namespace ekws::net

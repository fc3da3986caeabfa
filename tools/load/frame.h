// WebSocket frames, sending side (RFC 6455 section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ekws_load {

enum class Opcode : uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// A client masks what it sends, a server does not (RFC 6455 section 5.1).
enum class Role { client, server };

constexpr size_t kMaxFrameHeader = 14;

/// Bytes that the header of a frame with that payload takes.
size_t frame_header_size(size_t payload, Role role);

/// Writes the header at `out`; `mask` (4 bytes, as on the wire) is used by clients only.
size_t write_frame_header(char* out, Opcode opcode, bool fin, size_t payload, Role role, uint32_t mask);

/// XORs `size` bytes with the mask, in place.
void apply_mask(char* data, size_t size, uint32_t mask);

/// Appends a whole control frame. `payload` is at most 125 bytes, as the peer's ping was.
void append_control(std::vector<char>& out, Opcode opcode, std::string_view payload, Role role, uint32_t mask);

}  // namespace ekws_load

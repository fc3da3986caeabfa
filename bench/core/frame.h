// The frame that the sender repeats, and its parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "receiver.h"

namespace ekws_bench {

inline constexpr char kKey[4] = {0x37, static_cast<char>(0xfa), 0x21, 0x3d};

/// How a frame of so many payload bytes begins (RFC 6455 section 5.2), the key included.
std::string frame_header(const Work& work, std::size_t payload_bytes);
/// One message, masked, and compressed where that is wanted.
std::string frame_of(const Work& work);

}  // namespace ekws_bench

#include "frame_reader.h"

#include <algorithm>
#include <cstring>

namespace ekws_load {

bool FrameReader::feed(const char* data, size_t size) {
  const char* end = data + size;
  while (data < end) {
    if (!in_payload_) {
      header_.push_back(*data++);
      if (header_.size() < header_size()) continue;
      if (!begin_payload()) return false;
    } else {
      size_t take = static_cast<size_t>(std::min<uint64_t>(remaining_, static_cast<uint64_t>(end - data)));
      if (control_) payload_.append(data, take);
      data += take;
      remaining_ -= take;
    }
    if (remaining_ == 0) end_frame();
  }
  return true;
}

size_t FrameReader::header_size() const {
  if (header_.size() < 2) return 2;
  const auto second = static_cast<uint8_t>(header_[1]);
  const size_t length = second & 0x7f;
  return 2 + (length == 126 ? 2u : length == 127 ? 8u : 0u) + (second & 0x80 ? 4u : 0u);
}

bool FrameReader::begin_payload() {
  const auto second = static_cast<uint8_t>(header_[1]);
  uint64_t length = second & 0x7f;
  const size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (length_bytes > 0) {
    length = 0;
    for (size_t i = 0; i < length_bytes; i++) length = length << 8 | static_cast<uint8_t>(header_[2 + i]);
  }
  control_ = (header_[0] & 0x08) != 0;
  if (control_ && length > 125) return false;
  remaining_ = length;
  in_payload_ = true;
  return true;
}

void FrameReader::end_frame() {
  if (control_) {
    if (header_[1] & 0x80) {
      uint32_t mask;
      std::memcpy(&mask, header_.data() + header_.size() - 4, 4);
      apply_mask(payload_.data(), payload_.size(), mask);
    }
    on_control_(static_cast<Opcode>(header_[0] & 0x0f), payload_);
  }
  header_.clear();
  payload_.clear();
  in_payload_ = false;
}

}  // namespace ekws_load

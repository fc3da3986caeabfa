// WebSocket frames, receiving side: only control frames matter to a sender.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "frame.h"

namespace ekws_load {

/// Takes bytes as they come in, in any cut, and calls back for each whole control frame. Payload of data frames is
/// skipped. Not a validator: it rejects what it cannot follow, nothing else.
class FrameReader {
 public:
  using OnControl = std::function<void(Opcode, const std::string& payload)>;

  explicit FrameReader(OnControl on_control) : on_control_(std::move(on_control)) {}

  /// Returns false when the bytes cannot be frames: a control frame longer than 125 bytes.
  bool feed(const char* data, size_t size);

 private:
  size_t header_size() const;  // as far as known by now
  bool begin_payload();
  void end_frame();

  OnControl on_control_;
  std::string header_;
  bool in_payload_ = false;
  bool control_ = false;
  uint64_t remaining_ = 0;
  std::string payload_;
};

}  // namespace ekws_load

// Turns numbered messages into frames, many at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "frame.h"
#include "payload.h"

namespace ekws_load {

/// Encoded frames on their way out. `messages` and `payload_bytes` are what lies in `data`.
struct Chunk {
  std::vector<char> data;
  uint64_t messages = 0;
  uint64_t payload_bytes = 0;

  void clear() {
    data.clear();
    messages = 0;
    payload_bytes = 0;
  }
};

/// Constant but for its scratch room: one thread.
class Feed {
 public:
  Feed(const Payload& payload, Role role, bool binary, size_t fragment);

  /// Appends messages `next`, `next`+1, … until there are `max_messages` or the chunk has `target` bytes or more, and
  /// returns how many that were.
  uint64_t fill(Chunk& chunk, uint64_t next, uint64_t max_messages, size_t target);

 private:
  void append(Chunk& chunk, uint64_t n);
  void append_cut(Chunk& chunk, const char* payload, size_t size, uint32_t mask) const;

  const Payload& payload_;
  const Role role_;
  const Opcode opcode_;
  const size_t fragment_;
  std::vector<char> scratch_;
  std::vector<char> encoded_;  // the one frame of a constant payload
  size_t last_size_ = 0;       // guess at the next message's length
};

}  // namespace ekws_load

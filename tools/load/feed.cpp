#include "feed.h"

#include <algorithm>
#include <cstring>

namespace ekws_load {
namespace {

/// Another mask for each message, cheap to make. It need not be unpredictable: we attack no proxy.
uint32_t mask_of(uint64_t n) { return static_cast<uint32_t>((n * UINT64_C(0x9e3779b97f4a7c15)) >> 32); }

}  // namespace

Feed::Feed(const Payload& payload, Role role, bool binary, size_t fragment)
    : payload_(payload), role_(role), opcode_(binary ? Opcode::binary : Opcode::text), fragment_(fragment) {
  scratch_.resize(payload_.max_size());
  last_size_ = payload_.write(1, scratch_.data());
  if (!payload_.constant()) return;
  Chunk one;
  append(one, 1);
  encoded_ = std::move(one.data);
}

uint64_t Feed::fill(Chunk& chunk, uint64_t next, uint64_t max_messages, size_t target) {
  chunk.data.reserve(target + payload_.max_size() + kMaxFrameHeader);
  uint64_t count = 0;
  for (; count < max_messages && chunk.data.size() < target; count++) {
    if (encoded_.empty()) {
      append(chunk, next + count);
    } else {
      chunk.data.insert(chunk.data.end(), encoded_.begin(), encoded_.end());
      chunk.payload_bytes += last_size_;
    }
  }
  chunk.messages += count;
  return count;
}

void Feed::append(Chunk& chunk, uint64_t n) {
  const uint32_t mask = mask_of(n);
  if (fragment_ > 0) {
    size_t size = payload_.write(n, scratch_.data());
    append_cut(chunk, scratch_.data(), size, mask);
    chunk.payload_bytes += size;
    return;
  }
  // The payload is written where it will lie, behind a header as long as the last one; lengths seldom change.
  const size_t start = chunk.data.size();
  const size_t guess = frame_header_size(last_size_, role_);
  chunk.data.resize(start + kMaxFrameHeader + payload_.max_size());
  char* frame = chunk.data.data() + start;
  const size_t size = payload_.write(n, frame + guess);
  const size_t header = frame_header_size(size, role_);
  if (header != guess) std::memmove(frame + header, frame + guess, size);
  write_frame_header(frame, opcode_, true, size, role_, mask);
  if (role_ == Role::client) apply_mask(frame + header, size, mask);
  chunk.data.resize(start + header + size);
  chunk.payload_bytes += size;
  last_size_ = size;
}

void Feed::append_cut(Chunk& chunk, const char* payload, size_t size, uint32_t mask) const {
  size_t done = 0;
  do {
    const size_t piece = std::min(fragment_, size - done);
    const Opcode opcode = done == 0 ? opcode_ : Opcode::continuation;
    char header[kMaxFrameHeader];
    const size_t length = write_frame_header(header, opcode, done + piece == size, piece, role_, mask);
    chunk.data.insert(chunk.data.end(), header, header + length);
    const size_t start = chunk.data.size();
    chunk.data.insert(chunk.data.end(), payload + done, payload + done + piece);
    if (role_ == Role::client) apply_mask(chunk.data.data() + start, piece, mask);
    done += piece;
  } while (done < size);
}

}  // namespace ekws_load

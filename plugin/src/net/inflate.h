// Inflates the messages of permessage-deflate (RFC 7692 section 7.2.2), never further than allowed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "net/deflate.h"

namespace ekws::net {

class InflateStream;

/// What the connections of one io thread share. Costs nothing before it is used.
class InflateBuffer {
 public:
  InflateBuffer();
  ~InflateBuffer();

 private:
  friend class Inflater;
  std::vector<char> piece_;                ///< where zlib writes to
  std::unique_ptr<InflateStream> stream_;  ///< for peers that start afresh with each message
};

enum class Inflated {
  done,
  too_big,   ///< larger than allowed; no more than that was inflated
  not_utf8,  ///< text; nothing was inflated beyond the piece with the first impossible byte
  invalid    ///< not DEFLATE, or cut off
};

/// One connection's. With context take-over it keeps 7 KiB and the peer's window from the first message on, without
/// it nothing. io thread.
class Inflater {
 public:
  Inflater(const Deflate& peer, std::shared_ptr<InflateBuffer> buffer);
  ~Inflater();

  /// `compressed` is the payload of a whole message, `text` asks for a check of UTF-8 (RFC 6455 section 8.1), the
  /// result is in `out`. No use after anything but `done`. Throws std::bad_alloc.
  Inflated inflate(std::string_view compressed, bool text, std::uint64_t max_bytes, Bytes& out);

  /// The same for the beginning of a message, only to see what is wrong with it so far: nothing is stored, and
  /// inflate() starts at the beginning all the same.
  Inflated look_at(std::string_view begin, bool text, std::uint64_t max_bytes);

  /// How large a message of at most so many bytes can be when it is compressed: what does not compress grows.
  static std::uint64_t max_compressed(std::uint64_t max_bytes) { return max_bytes + max_bytes / 4 + 1024; }

 private:
  InflateStream& stream();

  const Deflate peer_;
  const std::shared_ptr<InflateBuffer> buffer_;
  std::unique_ptr<InflateStream> own_;  ///< with context take-over
};

}  // namespace ekws::net

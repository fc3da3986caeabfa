// Messages and control frames out of a peer's bytes (RFC 6455 section 5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/utf8_validator.h"

namespace ekws::net {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// What a peer has broken: `code` is EKWS_E_*, `close_code` one of section 7.4.1, `what` for people.
struct Violation {
  int code = 0;
  std::uint16_t close_code = 0;
  std::string what;
  explicit operator bool() const { return code != 0; }
};

/// Section 7.4.1: 1009.
Violation too_big(std::uint64_t max_message_bytes);
/// Section 8.1: 1007.
Violation invalid_utf8();

/// Knows no I/O and no handshake. Not thread-safe.
class FrameReader {
 public:
  struct Rules {
    bool masked = false;  ///< frames have to be (a client's), or must not be (a server's): section 5.1
    std::uint64_t max_message_bytes = 0;
    std::uint64_t max_fragments = 0;
  };
  enum class Result { more, message, control, violation };

  /// `pool` may be null.
  FrameReader(const Rules& rules, std::shared_ptr<BytesPool> pool) : rules_(rules), message_(std::move(pool)) {}

  /// permessage-deflate was negotiated: RSV1 has a meaning (RFC 7692 section 6). Compressed messages may have so many
  /// bytes.
  void allow_compression(std::uint64_t max_compressed_bytes) { max_compressed_bytes_ = max_compressed_bytes; }

  /// Reads on from `data` until something is complete, and moves `data` behind what was used; `more`: all was. The
  /// bytes are scratch afterwards (unmasking is in place). Nothing may be asked of it after a violation.
  Result read(char*& data, const char* end);

  /// After `message`: of the message; after `control`: of the frame. Text is valid UTF-8 unless it is compressed.
  Opcode opcode() const { return complete_control_ ? frame_opcode_ : message_opcode_; }
  bool is_text() const { return message_opcode_ == Opcode::text; }
  bool compressed() const { return compressed_; }
  /// Good until the next read(). What came whole is where it was read to.
  std::string_view payload() const { return complete_control_ ? control_ : payload_; }
  /// Memory of our own that payload() lies in, to be moved from; null where it lies in what was read.
  Bytes* memory() { return complete_control_ || payload_.data() != message_.data() ? nullptr : &message_; }

  /// Where much of a message is still to come: memory of the message itself, for what read() gets next. Else empty.
  Room room();

  /// After `violation`.
  const Violation& violation() const { return violation_; }

  /// Number of the fragmented message that is not complete, counted from 1; 0 where there is none.
  std::uint64_t fragmented() const { return in_message_ && fragmented_ ? fragmented_messages_ : 0; }

  /// Nothing more will be read: gives its memory back.
  void drop_unfinished() {
    in_message_ = false;
    message_.drop();
  }

  /// What is there of a message that has begun and is not complete; empty between messages. opcode() and compressed()
  /// are its own.
  std::string_view unfinished() const { return in_message_ ? message_.view() : std::string_view(); }

 private:
  static constexpr std::size_t kLongestHeader = 14;

  bool read_whole(char*& data, const char* end);
  bool read_header(char*& data, const char* end);
  bool begin_frame();
  bool begin_data();
  Result end_frame();
  bool take(char* data, std::size_t size);
  void grow(std::uint64_t more);
  bool is_utf8(const char* data, std::size_t size, bool ascii);
  bool fail(Violation violation);
  bool broken(const char* what);

  const Rules rules_;
  std::uint64_t max_compressed_bytes_ = 0;  ///< 0: no message may be compressed
  Violation violation_;

  std::array<std::uint8_t, kLongestHeader> header_{};
  std::size_t header_size_ = 0;  ///< bytes of it that are there
  bool in_payload_ = false;

  Opcode frame_opcode_ = Opcode::continuation;
  bool fin_ = false;
  bool rsv1_ = false;
  std::array<char, 4> key_{};
  std::uint64_t frame_bytes_ = 0;  ///< of its payload
  std::uint64_t frame_taken_ = 0;

  bool in_message_ = false;
  bool compressed_ = false;
  Opcode message_opcode_ = Opcode::text;
  std::uint64_t fragments_ = 0;            ///< frames of it
  bool fragmented_ = false;                ///< there will be more than one
  std::uint64_t fragmented_messages_ = 0;  ///< so far
  Utf8Validator utf8_;
  Bytes message_;             ///< of one that comes in pieces
  std::string_view payload_;  ///< of the last one that was complete
  std::string control_;
  bool complete_control_ = false;
};

}  // namespace ekws::net

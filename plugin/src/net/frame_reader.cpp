#include "net/frame_reader.h"

#include <algorithm>
#include <utility>

#include "ekws/ekws.h"
#include "net/close_code.h"
#include "net/unmask.h"

namespace ekws::net {

namespace {

constexpr std::uint64_t kLongestControl = 125;
/// Memory follows the bytes, not what a header promises.
constexpr std::uint64_t kTrustedReserve = 64 * 1024;
/// Larger ones are copied to memory of their own at once, block by block, since whoever gets them has to do it
/// otherwise.
constexpr std::size_t kLargestWhole = 16 * 1024;
/// Of a message of which less is to come a read gets what comes behind it, too.
constexpr std::uint64_t kReadInPlace = 32 * 1024;
/// Bytes that are worked on at a time: what is done to them in turn finds them in the first cache.
constexpr std::size_t kBlock = 8 * 1024;

bool is_control(Opcode opcode) { return static_cast<std::uint8_t>(opcode) >= 8; }

std::size_t length_bytes(std::uint8_t second) {
  const int length = second & 0x7F;
  return length == 127 ? 8 : length == 126 ? 2 : 0;
}

std::size_t header_bytes(std::uint8_t second) { return 2 + length_bytes(second) + ((second & 0x80) != 0 ? 4 : 0); }

}  // namespace

Violation too_big(std::uint64_t max_message_bytes) {
  return {EKWS_E_MESSAGE_TOO_BIG, kMessageTooBig,
          "message of more than " + std::to_string(max_message_bytes) + " bytes (maxMessageBytes)"};
}

Violation invalid_utf8() { return {EKWS_E_UTF8, kInvalidPayload, "text that is not UTF-8"}; }

FrameReader::Result FrameReader::read(char*& data, const char* end) {
  complete_control_ = false;
  if (!in_message_ && message_.size() != 0) message_.drop();  // of the last one, if nobody has moved it away
  if (header_size_ == 0 && !in_payload_ && !in_message_ && read_whole(data, end)) {
    return violation_ ? Result::violation : Result::message;
  }
  for (;;) {
    if (!in_payload_) {
      if (!read_header(data, end)) return violation_ ? Result::violation : Result::more;
    }
    const auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>(frame_bytes_ - frame_taken_, static_cast<std::uint64_t>(end - data)));
    if (!take(data, size)) return Result::violation;
    data += size;
    frame_taken_ += size;
    if (frame_taken_ < frame_bytes_) return Result::more;
    const Result result = end_frame();
    if (result != Result::more) return result;
    if (data == end) return Result::more;
  }
}

/// Most messages are small, of one frame, and come whole: those are not copied. False where this is no such one, or
/// not an allowed one: then nothing was read.
bool FrameReader::read_whole(char*& data, const char* end) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(data[i]); };
  const auto there = static_cast<std::size_t>(end - data);
  const std::size_t key_bytes = rules_.masked ? 4 : 0;
  if (there < 2 + key_bytes || (byte(0) != 0x81 && byte(0) != 0x82) || (byte(1) & 0x80U) != (key_bytes << 5U)) {
    return false;
  }
  std::size_t header = 2 + key_bytes;
  std::size_t size = byte(1) & 0x7FU;
  if (size > 125) {
    header += 2;
    if (size == 127 || there < header) return false;
    size = static_cast<std::size_t>(byte(2) << 8U | byte(3));
    if (size < 126) return false;
  }
  if (there - header < size || size > kLargestWhole || size > rules_.max_message_bytes || rules_.max_fragments == 0)
    return false;

  message_opcode_ = static_cast<Opcode>(byte(0) & 0x0FU);
  compressed_ = false;
  fragmented_ = false;
  char* const payload = data + header;
  bool ascii = false;
  if (rules_.masked) {
    std::copy_n(payload - key_.size(), key_.size(), key_.begin());
    ascii = unmask(payload, size, key_, 0);
  }
  payload_ = {payload, size};
  data = payload + size;
  utf8_.reset();
  if (is_text() && !(is_utf8(payload, size, ascii) && utf8_.complete())) fail(invalid_utf8());
  return true;
}

/// True when the header is complete and allowed.
bool FrameReader::read_header(char*& data, const char* end) {
  const auto want = [&] { return header_size_ < 2 ? 2 : header_bytes(header_[1]); };
  while (header_size_ < want()) {
    if (data == end) return false;
    const std::size_t size = std::min(want() - header_size_, static_cast<std::size_t>(end - data));
    std::copy_n(data, size, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    header_size_ += size;
    data += size;
    // What is wrong already in the first two bytes is not worth waiting for the rest.
    if (header_size_ == 2 && !begin_frame()) return false;
  }
  const std::size_t extended = length_bytes(header_[1]);
  frame_bytes_ = header_[1] & 0x7F;
  if (extended != 0) {
    frame_bytes_ = 0;
    for (std::size_t i = 0; i < extended; ++i) frame_bytes_ = frame_bytes_ << 8U | header_[2 + i];
    // Section 5.2: the shortest form, and the highest bit is 0.
    if (frame_bytes_ < (extended == 2 ? 126U : 65536U)) return broken("a length that is not in its shortest form");
    if (frame_bytes_ >> 63U != 0) return broken("a length with the highest bit set");
  }
  if (rules_.masked) std::copy_n(header_.begin() + static_cast<std::ptrdiff_t>(2 + extended), 4, key_.begin());
  header_size_ = 0;
  frame_taken_ = 0;
  in_payload_ = true;
  if (!is_control(frame_opcode_)) return begin_data();
  control_.clear();
  return true;
}

bool FrameReader::begin_frame() {
  fin_ = (header_[0] & 0x80U) != 0;
  rsv1_ = (header_[0] & 0x40U) != 0;
  const int opcode = header_[0] & 0x0FU;
  frame_opcode_ = static_cast<Opcode>(opcode);
  if ((header_[0] & 0x30U) != 0) return broken("a reserved bit that no extension has given a meaning");
  if ((opcode > 2 && opcode < 8) || opcode > 10) return broken("a reserved opcode");
  if (((header_[1] & 0x80U) != 0) != rules_.masked) {
    return broken(rules_.masked ? "a frame that is not masked" : "a frame that is masked");
  }
  const bool starts_message = frame_opcode_ == Opcode::text || frame_opcode_ == Opcode::binary;
  if (rsv1_ && (max_compressed_bytes_ == 0 || !starts_message)) {
    return broken("a reserved bit that no extension has given a meaning");
  }
  if (is_control(frame_opcode_)) {
    if (!fin_) return broken("a fragmented control frame");
    if ((header_[1] & 0x7FU) > kLongestControl) return broken("a control frame of more than 125 bytes");
  } else if (starts_message == in_message_) {
    return broken(in_message_ ? "a new message inside a fragmented one" : "a continuation of no message");
  }
  return true;
}

bool FrameReader::begin_data() {
  if (!in_message_) {
    in_message_ = true;
    message_opcode_ = frame_opcode_;
    compressed_ = rsv1_;
    fragments_ = 0;
    fragmented_ = !fin_;
    if (fragmented_) ++fragmented_messages_;
    utf8_.reset();
    message_.drop();
    grow(frame_bytes_);
  }
  // Neither sum wraps: the message is within the limit, the frame below 2^63.
  const std::uint64_t max_bytes = compressed_ ? max_compressed_bytes_ : rules_.max_message_bytes;
  if (message_.size() + frame_bytes_ > max_bytes) return fail(too_big(rules_.max_message_bytes));
  if (++fragments_ > rules_.max_fragments) {
    return fail({EKWS_E_FRAGMENTS, kPolicyViolation,
                 "message of more than " + std::to_string(rules_.max_fragments) + " frames (maxFragments)"});
  }
  return true;
}

/// Bytes of the current frame's payload.
bool FrameReader::take(char* data, std::size_t size) {
  const bool checked = is_text() && !compressed_ && !is_control(frame_opcode_);
  for (std::size_t done = 0; done < size;) {
    const std::size_t block = std::min(size - done, kBlock);
    const bool ascii = rules_.masked && unmask(data + done, block, key_, frame_taken_ + done);
    if (checked && !is_utf8(data + done, block, ascii)) return fail(invalid_utf8());
    if (is_control(frame_opcode_)) {
      control_.append(data + done, block);
    } else {
      message_.append(data + done, block);
    }
    done += block;
  }
  return true;
}

/// Goes on with the text. `ascii`: these bytes are known to be.
bool FrameReader::is_utf8(const char* data, std::size_t size, bool ascii) {
  return (ascii && utf8_.complete()) || utf8_.feed(data, size);
}

Room FrameReader::room() {
  const std::uint64_t to_come = frame_bytes_ - frame_taken_;
  if (!in_payload_ || is_control(frame_opcode_) || to_come < kReadInPlace) return {};
  if (message_.capacity() - message_.size() < kReadInPlace) grow(to_come);
  return {message_.data() + message_.size(),
          static_cast<std::size_t>(std::min<std::uint64_t>(to_come, message_.capacity() - message_.size()))};
}

/// Memory for so many bytes more, or for as many as we may already trust to come.
void FrameReader::grow(std::uint64_t more) {
  const std::uint64_t trusted = std::max<std::uint64_t>(kTrustedReserve, 4 * message_.size());
  message_.reserve(static_cast<std::size_t>(std::min(message_.size() + more, trusted)));
}

FrameReader::Result FrameReader::end_frame() {
  in_payload_ = false;
  if (is_control(frame_opcode_)) {
    complete_control_ = true;
    return Result::control;
  }
  if (!fin_) return Result::more;
  in_message_ = false;
  if (message_opcode_ == Opcode::text && !compressed_ && !utf8_.complete()) {
    fail(invalid_utf8());
    return Result::violation;
  }
  payload_ = message_.view();
  return Result::message;
}

bool FrameReader::broken(const char* what) { return fail({EKWS_E_PROTOCOL, kProtocolError, what}); }

bool FrameReader::fail(Violation violation) {
  violation_ = std::move(violation);
  return false;
}

}  // namespace ekws::net

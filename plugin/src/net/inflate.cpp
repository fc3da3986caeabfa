#include "net/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/utf8_validator.h"

namespace ekws::net {

namespace {

constexpr std::size_t kPiece = 64 * 1024;

/// What a sender takes off the end of each message (section 7.2.1 item 3).
constexpr std::string_view kTail("\0\0\xff\xff", 4);

/// How zlib says that it is between two blocks, at the beginning of a byte (zlib.h, inflate(), data_type).
constexpr int kBetweenBlocks = 128;

void* allocate(void*, uInt items, uInt size) { return ::operator new (std::size_t{items} * size, std::nothrow); }
void release(void*, void* memory) { ::operator delete(memory); }

}  // namespace

/// zlib's own, for raw DEFLATE.
class InflateStream : public z_stream {
 public:
  explicit InflateStream(int window_bits) : z_stream{}, bits_(window_bits) {
    zalloc = allocate;
    zfree = release;
    if (inflateInit2(this, -window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~InflateStream() { inflateEnd(this); }
  /// Goes on from where the other is, without moving that.
  InflateStream(InflateStream& other) : z_stream{}, bits_(other.bits_) {
    if (inflateCopy(this, &other) != Z_OK) throw std::bad_alloc();
  }
  InflateStream& operator=(const InflateStream&) = delete;

  /// Forgets everything.
  void start_afresh(int window_bits) {
    // Another size gives the window back to the allocator: not for nothing.
    if (std::exchange(bits_, window_bits) == window_bits) {
      inflateReset(this);
    } else {
      inflateReset2(this, -window_bits);
    }
  }

 private:
  int bits_;
};

InflateBuffer::InflateBuffer() = default;
InflateBuffer::~InflateBuffer() = default;

Inflater::Inflater(const Deflate& peer, std::shared_ptr<InflateBuffer> buffer)
    : peer_(peer), buffer_(std::move(buffer)) {}
Inflater::~Inflater() = default;

InflateStream& Inflater::stream() {
  auto& stream = peer_.context_takeover ? own_ : buffer_->stream_;
  if (!stream) {
    stream = std::make_unique<InflateStream>(peer_.window_bits);
  } else if (!peer_.context_takeover) {
    stream->start_afresh(peer_.window_bits);
  }
  return *stream;
}

namespace {

/// One message on its way through zlib.
class Run {
 public:
  /// `out` may be null: then the message is only looked at.
  Run(z_stream& stream, std::vector<char>& piece, bool text, std::uint64_t max_bytes, Bytes* out)
      : stream_(stream), piece_(piece), text_(text), left_(max_bytes), out_(out) {
    if (piece_.empty()) piece_.resize(kPiece);
  }

  Inflated take(std::string_view in) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    for (;;) {
      // One byte more than allowed is enough to know.
      const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(piece_.size(), left_ + 1));
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(room);
      const int result = ::inflate(&stream_, Z_SYNC_FLUSH);
      const std::size_t got = room - stream_.avail_out;
      if (got > left_) return Inflated::too_big;
      left_ -= got;
      if (text_ && !utf8_.feed(piece_.data(), got)) return Inflated::not_utf8;
      if (out_ != nullptr) out_->append(piece_.data(), got);
      if (result == Z_MEM_ERROR) throw std::bad_alloc();
      if (result == Z_STREAM_END) {
        // A block with BFINAL set ends the stream of DEFLATE, not the message, nor what may be referred to (section
        // 7.2.3.4).
        inflateResetKeep(&stream_);
        final_block_was_last_ = stream_.avail_in == 0;
        if (final_block_was_last_) return Inflated::done;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return Inflated::invalid;
      } else if (stream_.avail_in == 0 && stream_.avail_out != 0) {
        return Inflated::done;
      }
    }
  }

  Inflated end() {
    // Section 7.2.3.4 wants a byte behind such a block, of which the tail makes another one; some leave it out.
    if (!final_block_was_last_) {
      const Inflated result = take(kTail);
      if (result != Inflated::done) return result;
      // The block that the tail has completed may have BFINAL set (section 7.2.1 item 2 does not forbid it).
      if (!final_block_was_last_ && stream_.data_type != kBetweenBlocks) return Inflated::invalid;
    }
    return utf8_.complete() ? Inflated::done : Inflated::not_utf8;
  }

 private:
  z_stream& stream_;
  std::vector<char>& piece_;
  const bool text_;
  std::uint64_t left_;
  Bytes* const out_;
  Utf8Validator utf8_;
  bool final_block_was_last_ = false;
};

}  // namespace

Inflated Inflater::inflate(std::string_view compressed, bool text, std::uint64_t max_bytes, Bytes& out) {
  out.drop();
  if (compressed.empty()) return Inflated::done;  // some send an empty message like this, instead of the byte 0
  Run run(stream(), buffer_->piece_, text, max_bytes, &out);
  const Inflated result = run.take(compressed);
  return result == Inflated::done ? run.end() : result;
}

Inflated Inflater::look_at(std::string_view begin, bool text, std::uint64_t max_bytes) {
  if (!peer_.context_takeover) return Run(stream(), buffer_->piece_, text, max_bytes, nullptr).take(begin);
  InflateStream copy(stream());
  return Run(copy, buffer_->piece_, text, max_bytes, nullptr).take(begin);
}

}  // namespace ekws::net

// Bounded inflate. First byte: take-over, window bits, text; second: limit; third: where a message is looked at before
// it is whole. The rest are messages, each behind a byte with its length (0xff: all that is left).
#include "net/inflate.h"

#include <zlib.h>

#include <optional>

#include "target.h"

namespace {

using namespace ekws;
using fuzz::promise;
using net::Inflated;

constexpr int kMaxBits = 15;

/// RFC 7692 section 7.2.2 in its slowest form: byte by byte, into memory without a bound but for the test's.
class Reference {
 public:
  explicit Reference(const net::Deflate& peer) : peer_(peer) { start(); }
  ~Reference() { inflateEnd(&stream_); }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

  /// Nothing where it cannot be inflated to `max` bytes at most.
  std::optional<std::string> inflate(std::string_view compressed, std::size_t max) {
    if (!peer_.context_takeover) {
      inflateEnd(&stream_);
      start();
    }
    out_.clear();
    if (compressed.empty()) return out_;
    bool final_block = false;
    for (const char c : compressed) {
      if (!take(c, max, final_block)) return std::nullopt;
    }
    for (const char c : final_block ? std::string_view() : std::string_view("\0\0\xff\xff", 4)) {
      if (!take(c, max, final_block)) return std::nullopt;
    }
    // At the end of a block and of a byte: else the tail was not taken for what it is.
    constexpr int kEndOfBlock = 128, kInLastBlock = 64, kBitsLeft = 63;
    if (!final_block && (stream_.data_type & (kEndOfBlock | kInLastBlock | kBitsLeft)) != kEndOfBlock)
      return std::nullopt;
    return out_;
  }

 private:
  void start() {
    stream_ = {};
    promise(inflateInit2(&stream_, -peer_.window_bits) == Z_OK, "zlib starts");
  }

  bool take(char c, std::size_t max, bool& final_block) {
    auto byte = static_cast<Bytef>(c);
    stream_.next_in = &byte;
    stream_.avail_in = 1;
    final_block = false;
    for (;;) {
      Bytef piece[999];
      stream_.next_out = piece;
      stream_.avail_out = sizeof piece;
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      const std::size_t got = sizeof piece - stream_.avail_out;
      out_.append(reinterpret_cast<const char*>(piece), got);
      if (out_.size() > max) return false;
      if (result == Z_STREAM_END) {
        inflateResetKeep(&stream_);
        final_block = stream_.avail_in == 0;
        if (final_block) return true;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return false;
      } else if (stream_.avail_in == 0 && stream_.avail_out != 0) {
        return true;
      }
    }
  }

  const net::Deflate peer_;
  z_stream stream_{};
  std::string out_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static constexpr std::uint64_t kLimits[] = {100'000, 0, 1, 100, 65'535, 65'536, 65'537, 200'000};
  const net::Deflate peer{(data[0] & 1) != 0, 8 + (data[0] >> 1 & 7)};
  static_assert(8 + 7 == kMaxBits);
  const bool text = (data[0] & 16) != 0;
  const std::uint64_t max = kLimits[data[1] & 7];
  const std::uint8_t look = data[2];
  std::string_view left(reinterpret_cast<const char*>(data) + 3, size - 3);
  const auto shared = std::make_shared<net::InflateBuffer>();
  net::Inflater inflater(peer, shared);
  net::Inflater neighbour({false, kMaxBits}, shared);  // has the same buffer, and must not be noticed
  Reference reference(peer);
  while (!left.empty()) {
    const auto length = static_cast<std::uint8_t>(left.front());
    left.remove_prefix(1);
    const std::string_view input = left.substr(0, length == 0xff ? left.size() : length);
    left.remove_prefix(input.size());
    const std::vector<char> exact(input.begin(), input.end());  // a read behind its end is seen
    const std::string_view message(exact.data(), exact.size());

    Bytes out;
    const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    Bytes word;
    promise(neighbour.inflate(hello, true, 5, word) == Inflated::done && word.view() == "Hello",
            "a neighbour is not disturbed");
    const std::string_view begin = message.substr(0, message.size() * look / 255);
    const Inflated looked = begin.empty() ? Inflated::done : inflater.look_at(begin, text, max);
    const Inflated result = inflater.inflate(message, text, max, out);
    const auto expected = reference.inflate(message, max);

    promise(out.size() <= max, "no more is inflated than allowed");
    promise(looked == Inflated::done || result != Inflated::done, "what is wrong with a beginning is wrong with all");
    const bool fits = expected && (!text || fuzz::is_utf8(*expected));
    promise((result == Inflated::done) == fits, "zlib, byte by byte, thinks the same of it");
    if (result != Inflated::done) return 0;
    promise(out.view() == *expected, "zlib, byte by byte, inflates to the same");
  }
  return 0;
}

// Compresses as a peer would (RFC 7692 section 7.2.1), with zlib.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>

namespace ekws::net {

class Deflater {
 public:
  explicit Deflater(int window_bits = 15, int level = Z_DEFAULT_COMPRESSION) {
    EXPECT_EQ(deflateInit2(&stream_, level, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  /// Payload of a message, which may refer to the ones before.
  std::string message(std::string_view text) {
    std::string out = flush(text, Z_SYNC_FLUSH);
    // zlib gives nothing when nothing has come since the last flush.
    if (out.empty()) return std::string(1, '\0');
    EXPECT_EQ(out.substr(out.size() - 4), std::string("\0\0\xff\xff", 4));
    return out.substr(0, out.size() - 4);
  }
  /// The same with a last block that has BFINAL set; `byte`: the one behind it (section 7.2.3.4).
  std::string final_message(std::string_view text, bool byte = true) {
    std::string out = flush(text, Z_FINISH);
    deflateReset(&stream_);
    return byte ? out + '\0' : out;
  }
  /// Some blocks of a message, not its last.
  std::string part(std::string_view text) { return flush(text, Z_SYNC_FLUSH); }
  void forget() { deflateReset(&stream_); }

 private:
  std::string flush(std::string_view text, int how) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    std::string out;
    char piece[4096];
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece);
      stream_.avail_out = sizeof piece;
      deflate(&stream_, how);
      out.append(piece, sizeof piece - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return out;
  }

  z_stream stream_{};
};

/// One message on its own.
inline std::string deflated(std::string_view text) { return Deflater().message(text); }

}  // namespace ekws::net

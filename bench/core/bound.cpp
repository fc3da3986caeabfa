// The lower bound: takes the bytes out of the socket, unmasks them, looks whether they are ASCII, and counts.
// Compressed ones are inflated as well. Over TLS it is a bare SSL_read loop that does not even look at them; built as
// "ahead" it has OpenSSL read ahead.
#include <zlib.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "frame.h"
#include "receiver.h"
#include "tls.h"

namespace ekws_bench {

namespace {

constexpr std::size_t kBuffer = 64 * 1024;
#ifdef EKWS_BENCH_AHEAD
constexpr bool kAhead = true;
#else
constexpr bool kAhead = false;
#endif

/// Both loops are over words and become vectors.
bool unmask_and_look(char* data, std::size_t size) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < sizeof key; i += sizeof kKey) std::memcpy(reinterpret_cast<char*>(&key) + i, kKey, 4);
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, 8);
    word ^= key;
    std::memcpy(data + i, &word, 8);
    seen |= word;
  }
  for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ kKey[i % sizeof kKey]);
  return (seen & 0x8080808080808080U) == 0;
}

class Inflate {
 public:
  explicit Inflate(std::size_t size) : out_(size) {
    if (inflateInit2(&stream_, -15) != Z_OK) throw std::runtime_error("inflate");
  }
  ~Inflate() { inflateEnd(&stream_); }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  bool message(char* data, std::size_t size) {
    inflateReset(&stream_);
    stream_.next_in = reinterpret_cast<Bytef*>(data);
    stream_.avail_in = static_cast<uInt>(size);
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
    stream_.avail_out = static_cast<uInt>(out_.size());
    ::inflate(&stream_, Z_SYNC_FLUSH);
    if (stream_.avail_out != 0) throw std::runtime_error("wrong size");
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i + 8 <= out_.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, out_.data() + i, 8);
      seen |= word;
    }
    return (seen & 0x8080808080808080U) == 0;
  }

 private:
  z_stream stream_{};
  std::vector<char> out_;
};

}  // namespace

void receive(const Work& work, const Ready& ready, const Received& received) {
  Socket socket(accept_one(ready), work, true, kAhead);
  std::vector<char> buffer(kBuffer);
  if (socket.read(buffer.data(), buffer.size()) == 0) throw std::runtime_error("no handshake");
  const std::string answer = std::string("HTTP/1.1 101 Switching Protocols\r\n") +
                             (work.compressed ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "") + "\r\n";
  socket.write(answer.data(), answer.size());

  const std::size_t frame = frame_of(work).size();
  const std::size_t header = work.compressed ? frame_header(work, frame - 6).size() : 0;
  if (work.compressed) buffer.resize(kBuffer + frame);
  Inflate inflate(work.size);
  std::size_t kept = 0;  // of a compressed frame that is not complete
  std::uint64_t bytes = 0;
  std::uint64_t told = 0;
  volatile bool ascii = true;  // the result has to be used
  while (told < work.messages) {
    const std::size_t got = socket.read(buffer.data() + kept, kBuffer);
    if (got == 0) throw std::runtime_error("the sender is gone");
    if (work.compressed) {
      kept += got;
      std::size_t at = 0;
      for (; kept - at >= frame; at += frame) {
        unmask_and_look(buffer.data() + at + header, frame - header);
        ascii = inflate.message(buffer.data() + at + header, frame - header) && ascii;
      }
      std::memmove(buffer.data(), buffer.data() + at, kept - at);
      kept -= at;
    } else if (!work.tls()) {
      ascii = unmask_and_look(buffer.data(), got) && ascii;
    }
    bytes += got;
    if (bytes / frame > told) received(bytes / frame - told);
    told = bytes / frame;
  }
}

}  // namespace ekws_bench

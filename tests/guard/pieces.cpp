// ekws_guard <piece>: runs one piece of the hot path, or the loop that it is compared with. Instructions of `measured`
// are counted from outside (guard.py).
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../../bench/deflated.h"
#include "base/json_shape.h"
#include "base/utf8_validator.h"
#include "data/queue.h"
#include "net/frame_reader.h"
#include "net/inflate.h"
#include "net/unmask.h"
#include "reference.h"

namespace {

using namespace ekws;

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::array<char, 4> kKey = {'\x37', '\xfa', '\x21', '\x3d'};
constexpr std::size_t kSmall = 92;
constexpr int kMessages = 2000;

std::vector<char> memory(kBuffer, 'x');

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "ekws_guard: %s\n", what);
  std::exit(1);
}

/// Frames of so many bytes, masked, as many as fill the buffer.
std::vector<char> frames(std::size_t size, std::size_t count) {
  std::string one = "\x81";
  one += static_cast<char>(0x80 | (size < 126 ? size : size < 65536 ? 126 : 127));
  for (int i = size < 126 ? 0 : size < 65536 ? 2 : 8; i > 0; --i) one += static_cast<char>(size >> (8 * (i - 1)));
  one.append(kKey.data(), kKey.size());
  for (std::size_t i = 0; i < size; ++i) one += static_cast<char>('x' ^ kKey[i % 4]);
  std::vector<char> all;
  for (std::size_t i = 0; i < count; ++i) all.insert(all.end(), one.begin(), one.end());
  return all;
}

/// Gives them to a reader in pieces, as a socket does.
void read_frames(std::vector<char>& bytes, std::size_t expected, std::size_t messages) {
  net::FrameReader reader({true, 1U << 24U, 1000}, std::make_shared<BytesPool>());
  std::size_t got = 0;
  for (std::size_t at = 0; at < bytes.size(); at += kBuffer) {
    char* data = bytes.data() + at;
    const char* const end = data + std::min(kBuffer, bytes.size() - at);
    while (reader.read(data, end) == net::FrameReader::Result::message) {
      got += reader.payload().size() == expected ? 1 : 0;
      if (Bytes* own = reader.memory()) Bytes taken(std::move(*own));
    }
  }
  check(got == messages, "messages are missing");
}

void xor_words(char* data, std::size_t size) { check(ekws_guard::xor_words(data, size) != 0, "nothing was there"); }

/// A text that is half ASCII, half not.
const std::string& mixed() {
  static const std::string text = [] {
    std::string made;
    while (made.size() + 64 < kBuffer) made += "{\"ort\":\"M\u00fcnchen\",\"\u6e29\u5ea6\":21.5,\"ok\":true}";
    return made;
  }();
  return text;
}

void queue_and_drain() {
  data::Wakeups wakeups;
  data::Wakeup wakeup(wakeups, {});
  data::Queue queue(1U << 30U, 1U << 30U, wakeup, [] {});
  std::vector<ekws_record> records(256);
  std::size_t drained = 0;
  for (int turn = 0; turn < kMessages / 200; ++turn) {
    for (int i = 0; i < 200; ++i) queue.push({EKWS_TEXT, 0, 1, 1, {memory.data(), kSmall}});
    queue.flush();
    data::Batch batch(memory.data(), memory.size(), records.data(), records.size());
    queue.drain(batch);
    drained += batch.out().records;
  }
  check(drained == kMessages, "records are missing");
}

/// Twice copied, as it has to be: into the queue, and out of it.
void copy_twice() {
  static std::vector<char> between(kBuffer);
  for (int i = 0; i < kMessages; ++i) {
    const std::size_t at = static_cast<std::size_t>(i) % 200 * kSmall;
    std::memcpy(between.data() + at, memory.data(), kSmall);
    std::memcpy(memory.data() + at, between.data() + at, kSmall);
  }
}

constexpr const char* kObject =
    R"({"sent":1000000000000000,"sensor":"boiler-07","temperature":21.5,"humidity":48.2,"ok":true})";

/// As batch does with each message.
void look_at_objects() {
  const std::string_view text = kObject;
  for (int i = 0; i < kMessages; ++i) check(shape_of(text, true) == JsonShape::object, "no object");
}

/// A message without context take-over, so that each is the same.
const std::string& compressed() {
  static const std::string message = ekws_bench::deflated(kObject);
  return message;
}

void inflate_messages() {
  net::Inflater inflater({false, 15}, std::make_shared<net::InflateBuffer>());
  const auto pool = std::make_shared<BytesPool>();
  for (int i = 0; i < kMessages; ++i) {
    Bytes out(pool);
    check(inflater.inflate(compressed(), true, kBuffer, out) == net::Inflated::done, "not inflated");
  }
}

/// What zlib itself takes for the same.
void inflate_alone() {
  z_stream stream{};
  check(inflateInit2(&stream, -15) == Z_OK, "zlib");
  for (int i = 0; i < kMessages; ++i) {
    inflateReset(&stream);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed().data()));
    stream.avail_in = static_cast<uInt>(compressed().size());
    stream.next_out = reinterpret_cast<Bytef*>(memory.data());
    stream.avail_out = static_cast<uInt>(memory.size());
    inflate(&stream, Z_SYNC_FLUSH);
    check(stream.avail_in == 0, "not inflated");
  }
  inflateEnd(&stream);
}

std::vector<char> small_frames = frames(kSmall, kMessages);
std::vector<char> large_frames = frames(65536, 32);

const std::map<std::string, std::function<void()>> kPieces = {
    {"unmask", [] { check(!net::unmask(memory.data(), kBuffer, kKey, 0), "ASCII"); }},
    {"unmask-reference", [] { xor_words(memory.data(), kBuffer); }},
    {"frames", [] { read_frames(small_frames, kSmall, kMessages); }},
    {"frames-reference",
     [] {
       for (int i = 0; i < kMessages; ++i) xor_words(memory.data(), kSmall);
     }},
    {"large-frames", [] { read_frames(large_frames, 65536, 32); }},
    {"large-frames-reference", [] { xor_words(large_frames.data(), large_frames.size()); }},
    {"ascii", [] { check(Utf8Validator().feed(memory.data(), kBuffer), "not UTF-8"); }},
    {"ascii-reference", [] { xor_words(memory.data(), kBuffer); }},
    {"utf8", [] { check(Utf8Validator().feed(mixed().data(), mixed().size()), "not UTF-8"); }},
    {"utf8-reference", [] { xor_words(memory.data(), kBuffer); }},
    {"shape", look_at_objects},
    {"shape-reference",
     [] {
       for (int i = 0; i < kMessages; ++i) xor_words(memory.data(), kSmall);
     }},
    {"inflate", inflate_messages},
    {"inflate-reference", inflate_alone},
    {"queue", queue_and_drain},
    {"queue-reference", copy_twice},
};

}  // namespace

extern "C" __attribute__((noinline)) void ekws_guard_measured(const std::function<void()>& piece) { piece(); }

int main(int argc, char** argv) {
  const auto piece = kPieces.find(argc == 2 ? argv[1] : "");
  if (piece == kPieces.end()) return 2;
  mixed();
  compressed();
  ekws_guard_measured(piece->second);
}

// A thousand peers that each send a compressed message of a few KiB which would inflate to 64 MiB.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ports.h"
#include "process.h"
#include "reader.h"

namespace {

constexpr std::size_t kPeers = 1000;
constexpr std::size_t kMost = 64U << 20U;
const std::string kPong("\x8a\0", 2);

/// Zeros, as the payload of one message (RFC 7692 section 7.2.1). Takes little memory itself.
std::string deflated_zeros(std::size_t size) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<Bytef> zeros(4096);
  std::string out(size / 500 + 100, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  while (size != 0) {
    stream.next_in = zeros.data();
    stream.avail_in = static_cast<uInt>(std::min(size, zeros.size()));
    size -= stream.avail_in;
    deflate(&stream, size != 0 ? Z_NO_FLUSH : Z_SYNC_FLUSH);
  }
  out.resize(stream.total_out - 4);
  deflateEnd(&stream);
  return out;
}

constexpr char kMessage = '\xc2';  // FIN, RSV1, binary
constexpr char kFirstPart = '\x42';
constexpr char kLastPart = '\x80';
constexpr char kPing = '\x89';

/// Masked with zeros, which change nothing.
std::string frame(char first, std::string_view payload) {
  std::string out(1, first);
  const int bytes = payload.size() > 65535 ? 8 : payload.size() > 125 ? 2 : 0;
  out += static_cast<char>(0x80 | (bytes == 8 ? 127 : bytes == 2 ? 126 : static_cast<int>(payload.size())));
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  return out.append(4, '\0').append(payload);
}

void send(const Socket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // it was thrown out already
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Reads until `end` is there or the peer closes.
std::string read_to(const Socket& socket, const std::string& end) {
  std::string text;
  char buffer[4096];
  while (end.empty() || text.find(end) == std::string::npos) {
    pollfd waited{socket.get(), POLLIN, 0};
    if (::poll(&waited, 1, 60'000) != 1) return "nothing came";
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

Socket connect_compressing(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  send(socket,
       "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
  EXPECT_NE(read_to(socket, "\r\n\r\n").find("permessage-deflate"), std::string::npos);
  return socket;
}

/// A server, a thousand peers with context take-over, and how much the process grew at most since they were there.
class Bombs : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers keep freed memory: what the process takes says nothing";
#endif
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    ASSERT_GE(files.rlim_cur, 2 * kPeers + 100) << "this test needs so many descriptors";
  }

  /// Connects them all.
  void start(const std::string& max_message_bytes) {
    const auto port = free_port();
    reader_ = std::make_unique<Reader>(server_config(
        port, "/x", R"(,"compression":true,"pingInterval":0,"maxMessageBytes":")" + max_message_bytes + "\""));
    reader_->start();
    ASSERT_TRUE(reader_->until_state(EKWS_STATE_CONNECTED)) << reader_->story();
    for (std::size_t i = 0; i < kPeers && !HasFailure(); ++i) peers.push_back(connect_compressing(port));
    process::forget_peak();
    before_ = process::memory("VmRSS");
    ASSERT_GT(before_, 0U);
  }
  void expect_growth() {
    const std::size_t growth = process::memory("VmHWM") - before_;
    RecordProperty("growth_KiB", static_cast<int>(growth / 1024));
    EXPECT_LT(growth, kMost);
  }
  bool until_gone(std::size_t left) {
    return reader_->until([&] { return reader_->stats().connections <= left; }, std::chrono::seconds(120));
  }
  Reader& reader() { return *reader_; }

  std::vector<Socket> peers;

 private:
  std::unique_ptr<Reader> reader_;
  std::size_t before_ = 0;
};

/// The peer was told 1009.
void expect_too_big(const Socket& peer) {
  const std::string close = read_to(peer, "");
  ASSERT_GE(close.size(), 4U);
  EXPECT_EQ(close.substr(0, 1), "\x88");
  EXPECT_EQ(close.substr(2, 2), "\x03\xf1") << close;
}

TEST_F(Bombs, WholeOnesAtOnce) {
  const std::string bomb = frame(kMessage, deflated_zeros(64U << 20U));
  ASSERT_NO_FATAL_FAILURE(start("1 MiB"));
  for (const Socket& peer : peers) send(peer, bomb);
  ASSERT_TRUE(until_gone(0)) << reader().stats().connections;
  expect_growth();
  for (const Socket& peer : peers) expect_too_big(peer);
}

// Bombs in parts, all of them nearly complete at the same time: nothing is inflated ahead. At the default limit.
TEST_F(Bombs, InParts) {
  const std::string bomb = deflated_zeros((16U << 20U) + 1);
  ASSERT_LT(bomb.size(), 17'000U);
  const std::string begin = frame(kFirstPart, bomb.substr(0, 16'000)) + frame(kPing, "");
  const std::string end = frame(kLastPart, bomb.substr(16'000));
  ASSERT_NO_FATAL_FAILURE(start("16 MiB"));
  for (const Socket& peer : peers) send(peer, begin);
  for (const Socket& peer : peers) ASSERT_EQ(read_to(peer, kPong), kPong) << "it has read as far as the ping";
  EXPECT_EQ(reader().stats().connections, kPeers) << "nobody can know yet what they are";
  // A few are enough to see what their ends do, and take less time.
  constexpr std::size_t kLit = 50;
  for (std::size_t i = 0; i < kLit; ++i) send(peers[i], end);
  ASSERT_TRUE(until_gone(kPeers - kLit)) << reader().stats().connections;
  expect_growth();
  for (std::size_t i = 0; i < kLit; ++i) expect_too_big(peers[i]);
  EXPECT_EQ(reader().stats().connections, kPeers - kLit);
}

// Not bombs: all the history that a thousand peers with context take-over may want to be kept.
TEST_F(Bombs, HistoryIsAllThatStays) {
  const std::string message = frame(kMessage, deflated_zeros(40'000));
  ASSERT_NO_FATAL_FAILURE(start("16 MiB"));
  for (int round = 0; round < 2; ++round) {
    for (const Socket& peer : peers) {
      send(peer, message);
      reader().data.clear();
      ASSERT_TRUE(reader().until([&] { return !reader().messages().empty(); }));
    }
  }
  EXPECT_EQ(reader().stats().connections, kPeers);
  expect_growth();
}

}  // namespace

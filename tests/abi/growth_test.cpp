// Rounds of use leave nothing behind: no descriptor, no thread, no port, no memory.
#include <gtest/gtest.h>

#include <functional>

#include "peer.h"
#include "ports.h"
#include "process.h"
#include "reader.h"

namespace {

/// Bytes that all rounds together may leave: hash tables and caches that find their size, what is being freed just now.
/// Something that each round leaves is more, even the least that malloc takes (32 bytes) in the fewest of rounds.
constexpr std::size_t kSlack = 6 * 1024;
constexpr int kLeastRounds = 200;

/// As many show a slower growth, too, where they do not take long.
constexpr int kRounds = 2'000;
constexpr std::chrono::seconds kLong(5);

/// Until all is there that stays, as a queue's second block of records, which are 256.
constexpr int kWarmUp = 100;

/// Many rounds after a warm-up.
void expect_no_growth(const std::function<void()>& round) {
  ASSERT_TRUE(process::allocated_is_exact()) << "to be run by ctest, or with its GLIBC_TUNABLES";
  for (int i = 0; i < kWarmUp; ++i) round();
  const std::size_t descriptors = process::descriptors();
  const std::size_t threads = process::threads();
  const std::size_t allocated = process::allocated();
  const auto long_enough = std::chrono::steady_clock::now() + kLong;
  int rounds = 0;
  while (!::testing::Test::HasFailure() && rounds < kRounds &&
         (rounds < kLeastRounds || std::chrono::steady_clock::now() < long_enough)) {
    round();
    ++rounds;
  }
  // What ends in the background (closing handshakes, look-ups) has its own deadlines.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  const auto grown = [&] {
    return process::descriptors() > descriptors || process::threads() > threads ||
           process::allocated() > allocated + kSlack;
  };
  while (grown() && std::chrono::steady_clock::now() < end) {
    ::poll(nullptr, 0, 10);
  }
  SCOPED_TRACE(std::to_string(rounds) + " rounds");
  EXPECT_LE(process::descriptors(), descriptors);
  EXPECT_LE(process::threads(), threads);
  EXPECT_LE(process::allocated(), allocated + kSlack);
}

TEST(Growth, CreateAndClose) {
  expect_no_growth([] { Reader reader(server_config(10081, "/x")); });
}

TEST(Growth, ServerWithAPeer) {
  const auto port = free_port();
  expect_no_growth([port] {
    Reader reader(server_config(port, "/x"));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
    const auto peer = Peer::connect(port, "/x");
    ASSERT_TRUE(peer->send("x"));
    ASSERT_TRUE(reader.until_messages(1));
  });
}

TEST(Growth, ServerWithAPeerThatNeverShakesHands) {
  const auto port = free_port();
  expect_no_growth([port] {
    Reader reader(server_config(port, "/x", R"(,"closeTimeout":20)"));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
    const Socket silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    ASSERT_EQ(::connect(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  });
}

TEST(Growth, ServerOnATakenPort) {
  Socket holder;
  ASSERT_TRUE(listen_on(0, holder));
  const auto port = port_of(holder);
  expect_no_growth([port] {
    Reader reader(server_config(port, "/x"));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED));
  });
}

TEST(Growth, ClientWithAPeer) {
  Listener listener;
  expect_no_growth([&] {
    Reader reader(client_config(listener.port(), "/x"));
    reader.start();
    const auto peer = listener.accept();
    ASSERT_TRUE(peer->send("x"));
    ASSERT_TRUE(reader.until_messages(1));
    reader.close();  // before the peer goes, or it would be dialled again
  });
}

/// To the last that a connection leaves in the queues.
void expect_forgotten(Reader& reader) {
  EXPECT_TRUE(reader.until([&] { return !reader.data.empty() && reader.data.back().kind == EKWS_CLOSED; }));
  reader.forget();
}

// One endpoint that lives long: what each of its connections leaves, the others add to.
TEST(Growth, ConnectionsOfAServer) {
  for (const char* more : {"", R"(,"compression":true)", R"(,"maxConnectionsPerIp":5)"}) {
    const auto port = free_port();
    Reader reader(server_config(port, "/x", more));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
    std::size_t sent = 0;
    SCOPED_TRACE(more);
    expect_no_growth([&] {
      auto peer = Peer::connect(port, "/x");
      ASSERT_TRUE(peer->send("x"));
      ASSERT_TRUE(reader.until_messages(1));
      if (++sent % 2 == 0) peer->drop();
      peer.reset();
      expect_forgotten(reader);
    });
  }
}

TEST(Growth, ConnectionsOfAClient) {
  for (const char* more : {"", R"(,"compression":true)"}) {
    Listener listener;
    Reader reader(client_config(listener.port(), "/x", more));
    reader.start();
    auto peer = listener.accept();
    std::size_t sent = 0;
    SCOPED_TRACE(more);
    // Each round ends with a connection, as the next begins: while it is being made there may be a descriptor or not.
    expect_no_growth([&] {
      ASSERT_TRUE(peer);
      ASSERT_TRUE(peer->send("x"));
      ASSERT_TRUE(reader.until_messages(1));
      if (++sent % 2 == 0) peer->drop();
      peer.reset();
      expect_forgotten(reader);
      peer = listener.accept();
    });
  }
}

TEST(Growth, ClientWithNobodyThere) {
  const auto port = free_port();
  expect_no_growth([port] {
    Reader reader(client_config(port, "/x"));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED));
  });
}

TEST(Growth, Probes) {
  const std::string dead = client_config(free_port(), "/x");
  const std::string server = server_config(free_port(), "/x");
  expect_no_growth([&] {
    EXPECT_EQ(ekws_probe(dead.data(), dead.size(), 60'000, nullptr), EKWS_E_CONNECT);
    EXPECT_EQ(ekws_probe(server.data(), server.size(), 60'000, nullptr), EKWS_OK);
  });
}

}  // namespace

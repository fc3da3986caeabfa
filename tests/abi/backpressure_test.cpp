// Nothing is dropped: where the reader is behind, the sender waits.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

struct Case {
  const char* what;
  int connections;
  int messages;  ///< of each connection
  const char* limits;
  std::uint64_t most_queued;  ///< messages, while nobody reads
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

constexpr std::size_t kPayload = 1000;

std::string message(int connection, int number) {
  std::string text = std::to_string(connection) + "/" + std::to_string(number) + "/";
  text.resize(kPayload, 'x');
  return text;
}

/// Peers that send as fast as they can, each on a thread of its own.
class Senders {
 public:
  template <typename Make>
  Senders(const Case& c, Make make) {
    for (int i = 0; i < c.connections; ++i) {
      threads_.emplace_back([this, &c, make, i] {
        const auto peer = make(i);
        for (int n = 0; n < c.messages && peer->send(message(i, n)); ++n) ++sent_;
        ++done_;
        peer->read_to_close();  // holds the connection; answers the close
      });
    }
  }
  ~Senders() {
    for (auto& thread : threads_) thread.join();
  }
  int sent() const { return sent_; }
  int done() const { return done_; }

 private:
  std::atomic<int> sent_{0};
  std::atomic<int> done_{0};
  std::vector<std::thread> threads_;
};

/// Order kept on every connection, nothing missing, nothing twice.
void expect_all(const Reader& reader, const Case& c) {
  std::map<std::uint64_t, std::pair<std::string, int>> next;  // of a connection: who it is, and what comes next
  for (const Record& record : reader.messages()) {
    auto& [who, number] = next[record.connection];
    if (number == 0) who = record.payload.substr(0, record.payload.find('/'));
    ASSERT_EQ(record.payload, message(std::stoi(who), number));
    ++number;
  }
  EXPECT_EQ(next.size(), static_cast<std::size_t>(c.connections));
  for (const auto& [connection, state] : next) EXPECT_EQ(state.second, c.messages) << "connection " << state.first;
}

class Backpressure : public ::testing::TestWithParam<Case> {
 protected:
  /// Waits until reading rests and no sender gets on any more.
  static void expect_blocked(Reader& reader, const Senders& senders, const Case& c) {
    ASSERT_TRUE(reader.until_held_up([&] { return senders.sent(); })) << senders.sent() << " sent";
    EXPECT_EQ(senders.done(), 0) << "somebody got rid of everything though nobody read";
    EXPECT_LT(senders.sent(), c.connections * c.messages);
    const ekws_stats stats = reader.stats();
    EXPECT_EQ(stats.pauses, 1U);
    EXPECT_LE(stats.queued_messages, c.most_queued);
  }
};

TEST_P(Backpressure, OfAServer) {
  const Case& c = GetParam();
  const auto port = free_port();
  Reader reader(server_config(port, "/x", c.limits));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  Senders senders(c, [port](int) { return Peer::connect(port, "/x"); });
  expect_blocked(reader, senders, c);
  EXPECT_TRUE(reader.until_messages(static_cast<std::size_t>(c.connections * c.messages), std::chrono::seconds(60)));
  EXPECT_TRUE(reader.until([&] { return reader.stats().paused == 0; }));
  reader.close();
  expect_all(reader, c);
}

/// Messages that one read (256 KiB) may bring. It comes on top of the mark once, however many connections there are:
/// before each read the queue is asked. That a connection is there is a record as well.
constexpr std::uint64_t kRead = 262;

INSTANTIATE_TEST_SUITE_P(
    All, Backpressure,
    ::testing::Values(Case{"BytesOneConnection", 1, 5'000, R"(,"queueBytes":"16KiB")", 16 + kRead},
                      Case{"MessagesOneConnection", 1, 5'000, R"(,"queueMessages":10)", 10 + kRead},
                      Case{"OneMessage", 1, 5'000, R"(,"queueMessages":1)", 1 + kRead},
                      Case{"BytesFiftyConnections", 50, 1'500, R"(,"queueBytes":"16KiB")", 16 + kRead + 50},
                      Case{"MessagesFiftyConnections", 50, 1'500, R"(,"queueMessages":10)", 10 + kRead + 50}),
    [](const auto& given) { return std::string(given.param.what); });

TEST(BackpressureOfAClient, HoldsUpTheServer) {
  const Case c{"", 1, 5'000, R"(,"queueMessages":10)", 10 + kRead};
  Listener listener;
  Reader reader(client_config(listener.port(), "/x", c.limits));
  reader.start();
  const Senders senders(c, [&](int) { return listener.accept(); });
  ASSERT_TRUE(reader.until_held_up([&] { return senders.sent(); }));
  EXPECT_EQ(senders.done(), 0);
  EXPECT_LE(reader.stats().queued_messages, c.most_queued);
  EXPECT_TRUE(reader.until_messages(5'000, std::chrono::seconds(60)));
  reader.close();
  expect_all(reader, c);
}

TEST(BackpressureOfTwo, TheSlowerOneSetsThePaceAndItsLeavingFreesTheOther) {
  const Case c{"", 1, 5'000, "", 0};
  const auto port = free_port();
  Reader slow(server_config(port, "/x", R"(,"queueMessages":10)"));
  Reader fast(server_config(port, "/x"));
  slow.start();
  fast.start();
  ASSERT_TRUE(fast.until_state(EKWS_STATE_CONNECTED));
  const Senders senders(c, [port](int) { return Peer::connect(port, "/x"); });
  ASSERT_TRUE(fast.until([&] { return slow.stats().paused == 1 && fast.stats().queued_messages == 0; }));
  EXPECT_FALSE(fast.until_messages(5'000, std::chrono::milliseconds(200)));
  slow.close();
  EXPECT_TRUE(fast.until_messages(5'000, std::chrono::seconds(60)));
  fast.close();
  expect_all(fast, c);
}

TEST(BackpressureAndClose, AFullQueueHoldsUpNobodysClose) {
  const Case c{"", 5, 5'000, "", 0};
  const auto port = free_port();
  Reader reader(server_config(port, "/x", R"(,"queueMessages":10,"closeTimeout":"1m")"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const Senders senders(c, [port](int) { return Peer::connect(port, "/x"); });
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().paused == 1 && reader.stats().connections == 5; }));
  const auto before = std::chrono::steady_clock::now();
  reader.close();
  EXPECT_LT(std::chrono::steady_clock::now() - before, kDeadline);
  Socket again;
  EXPECT_TRUE(listen_on(port, again));
}

}  // namespace

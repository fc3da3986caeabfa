// Messages and backpressure through a socket.
#include <gmock/gmock.h>

#include "net/connection_kit.h"

namespace ekws::net {
namespace {

TEST(ConnectionMessage, OpensAndDelivers) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    const std::vector<std::string> asked_for =
        way.role == Role::server ? std::vector<std::string>{"/chat"} : std::vector<std::string>{};
    EXPECT_EQ(pair.owner.targets, asked_for);
    pair.peer->send(Frame{kText, "hello"});
    pair.peer->send(Frame{kBinary, "\xff"});
    ASSERT_TRUE(pair.until([&] { return pair.owner.messages.size() == 2; }));
    EXPECT_EQ(pair.owner.messages, (std::vector<Message>{{true, "hello"}, {false, "\xff"}}));
    EXPECT_GE(pair.owner.batches, 1);
    EXPECT_EQ(pair.owner.told, 2U);
    EXPECT_EQ(pair.owner.closed, 0);
    EXPECT_EQ(pair.connection().id(), 7U);
    EXPECT_EQ(pair.connection().remote_address(), "peer");
  });
}

TEST(ConnectionMessage, TakesFramesThatCameWithTheHandshake) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open(encode({kText, "early"}, way.role == Role::server));
    ASSERT_TRUE(pair.until([&] { return !pair.owner.messages.empty(); }));
    EXPECT_EQ(pair.owner.messages[0].payload, "early");
  });
}

TEST(ConnectionMessage, EightMebibytes) {
  in_every_way([](Way way) {
    Pair pair(way, generous(), 64 * 1024);
    pair.open();
    std::string payload(8U << 20U, 'x');
    for (std::size_t i = 0; i < payload.size(); i += 1009) payload[i] = static_cast<char>('a' + i % 26);
    pair.peer->send(Frame{kText, payload});
    ASSERT_TRUE(pair.until([&] { return !pair.owner.messages.empty(); }, std::chrono::seconds(30)));
    EXPECT_TRUE(pair.owner.messages[0].payload == payload);
  });
}

/// A request, and behind it messages without an end: there is always more to be had at once.
class Flood : public Stream {
 public:
  explicit Flood(std::string request) : bytes_(std::move(request)) {}

  IoResult handshake() override { return {}; }
  IoResult read(char* data, std::size_t size) override {
    size = std::exchange(asked_, true) ? size : bytes_.size();
    while (bytes_.size() < size) bytes_ += encode({kBinary, std::string(1000, 'x')}, true);
    bytes_.copy(data, size);
    bytes_.erase(0, size);
    return {Io::done, size, true};
  }
  IoResult write(const char*, std::size_t size) override { return {Io::done, size}; }
  void shutdown_write() override {}
  const Error& error() const override { return error_; }

 private:
  std::string bytes_;
  bool asked_ = false;
  Error error_;
};

struct Turns : Owner {
  void on_turn_end() override {
    bytes.push_back(1000 * (messages.size() - told));
    Owner::on_turn_end();
  }
  std::vector<std::size_t> bytes;
};

TEST(ConnectionMessage, AFloodLeavesTheOthersTheirTurn) {
  for (const bool may_inflate : {false, true}) {
    SCOPED_TRACE(may_inflate);
    Loop loop;
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    const Fd other(fds[1]);
    Turns owner;
    ConnectionLimits limits = generous();
    limits.compression.on = may_inflate;
    const std::string asked = may_inflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "";
    const auto connection = std::make_shared<Connection>(
        loop.io(), Fd(fds[0]), std::make_unique<Flood>(request("GET / HTTP/1.1", asked + kUpgradeHeaders)), 1, "",
        limits, owner, std::make_shared<ReadBuffer>(64 * 1024));
    connection->start_server();
    int others = 0;
    std::function<void()> another = [&] {
      ++others;
      asio::post(loop.io(), another);
    };
    another();
    ASSERT_TRUE(loop.until([&] { return owner.bytes.size() > 20; }));
    EXPECT_GE(others, 20) << "one each turn";
    for (std::size_t i = 1; i < owner.bytes.size(); ++i) {  // the first had the handshake
      const std::size_t turn = may_inflate ? 16 * 1024 : 256 * 1024;
      EXPECT_LE(owner.bytes[i], turn + 1000) << "one may have begun in the turn before";
      EXPECT_GE(owner.bytes[i], turn / 2) << "what wakes a reader has been worth it";
    }
  }
}

TEST(ConnectionMessage, ManyConnectionsShareOneBufferAndMixNothing) {
  // The buffer belongs to the io thread; what one read leaves in it must not reach another.
  Loop loop;
  const auto buffer = std::make_shared<ReadBuffer>(64);
  struct End {
    Owner owner;
    std::shared_ptr<Connection> connection;
    std::unique_ptr<RawPeer> peer;
  };
  std::vector<End> ends(10);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    ends[i].peer = std::make_unique<RawPeer>(Fd(fds[1]), true);
    ends[i].connection = std::make_shared<Connection>(loop.io(), Fd(fds[0]), make_plain_stream(fds[0]), i, "",
                                                      generous(), ends[i].owner, buffer);
    ends[i].connection->start_server();
    ends[i].peer->send(request());
    for (int n = 0; n < 50; ++n) {
      ends[i].peer->send(Frame{kText, std::string(100, static_cast<char>('a' + i)) + std::to_string(n)});
    }
  }
  ASSERT_TRUE(loop.until([&] {
    bool all = true;
    for (End& end : ends) {
      end.peer->pump();
      all = all && end.owner.messages.size() == 50;
    }
    return all;
  }));
  for (std::size_t i = 0; i < ends.size(); ++i) {
    for (std::size_t n = 0; n < 50; ++n) {
      ASSERT_EQ(ends[i].owner.messages[n].payload, std::string(100, static_cast<char>('a' + i)) + std::to_string(n));
    }
  }
}

TEST(ConnectionBackpressure, RestsAndResumesWithoutLosingOrReordering) {
  in_every_way([](Way way) {
    constexpr int kMessages = 1000;
    Pair pair(way, generous(), 512);
    pair.open();
    for (int i = 0; i < kMessages; ++i) {
      pair.peer->send(Frame{kText, std::to_string(i) + std::string(static_cast<std::size_t>(i % 300), 'x')});
    }
    // One message fills the owner; it takes all it has and asks for more.
    pair.owner.when_message = [&](Connection&) { pair.owner.room = false; };
    int rests = 0;
    ASSERT_TRUE(pair.until(
        [&] {
          if (pair.owner.messages.size() == kMessages) return true;
          if (!pair.owner.room) {
            ++rests;
            EXPECT_EQ(pair.owner.told, pair.owner.messages.size())
                << "who rests must not wait for what nobody knows of";
            pair.owner.room = true;
            pair.connection().resume();
            pair.connection().resume();  // once more than needed
          }
          return false;
        },
        std::chrono::seconds(30)));
    EXPECT_GT(rests, 100);
    for (int i = 0; i < kMessages; ++i) {
      ASSERT_EQ(pair.owner.messages[static_cast<std::size_t>(i)].payload,
                std::to_string(i) + std::string(static_cast<std::size_t>(i % 300), 'x'));
    }
    EXPECT_EQ(pair.owner.closed, 0);
  });
}

TEST(ConnectionBackpressure, ReadsNothingWhileItRests) {
  in_every_way([](Way way) {
    Pair pair(way, generous(), 512);
    pair.open();
    pair.owner.room = false;
    const std::string message(1000, 'x');
    for (int i = 0; i < 10'000; ++i) pair.peer->send(Frame{kBinary, message});
    pair.run_for(Millis(50));
    EXPECT_LE(pair.owner.messages.size(), 1U) << "at most the read that was under way";
    EXPECT_FALSE(pair.peer->pump()) << "the sender is held up";
  });
}

TEST(ConnectionBackpressure, ShakesHandsWhateverTheOwnersQueueIsLike) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.owner.room = false;
    pair.open();
  });
}

TEST(ConnectionBackpressure, ResumeOfOneThatDoesNotRestIsNothing) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    pair.connection().resume();
    pair.peer->send(Frame{kText, "x"});
    ASSERT_TRUE(pair.until([&] { return pair.owner.messages.size() == 1; }));
  });
}

// What we owe the peer must not grow with what it sends: of pings the last is answered (RFC 6455 section 5.5.3).
TEST(ConnectionBackpressure, APeerThatNeverReadsItsPongsCostsNoMemory) {
  in_every_way([](Way way) {
    Pair pair(way, generous(), 512);  // a pong for every 512 bytes at most: far more than the socket takes
    pair.open();
    pair.peer->set_reading(false);
    constexpr int kPings = 10'000;
    const std::string payload(120, 'x');
    for (int i = 0; i < kPings; ++i) pair.peer->send(Frame{kPing, payload});
    pair.peer->send(Frame{kText, "behind the pings"});
    ASSERT_TRUE(pair.until([&] { return !pair.owner.messages.empty(); }, std::chrono::seconds(30)))
        << "reading goes on while writing is blocked";
    pair.peer->set_reading(true);
    std::size_t pongs = 0;
    pair.until(
        [&] {
          pongs += pair.peer->take().size();
          return false;
        },
        Millis(100));
    EXPECT_GT(pongs, 0U);
    EXPECT_LT(pongs, 1500U) << "what the socket took, and the last one; there were some 2,500 reads";
    EXPECT_EQ(pair.owner.closed, 0);
  });
}

}  // namespace
}  // namespace ekws::net

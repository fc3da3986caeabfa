// Deadlines: handshake and heartbeat. Limits are small so that they run out while the test waits for just that.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "net/connection_kit.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

ConnectionLimits heartbeat(Millis ping, Millis pong) {
  ConnectionLimits limits = generous();
  limits.ping_interval = ping;
  limits.pong_timeout = pong;
  return limits;
}

TEST(ConnectionHandshakeTimeout, APeerThatSaysNothing) {
  in_every_way([](Way way) {
    ConnectionLimits limits = generous();
    limits.handshake_timeout = Millis(30);
    Pair pair(way, limits);
    pair.start();
    ASSERT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.closed, 1);
    EXPECT_EQ(pair.owner.why.code, EKWS_E_HANDSHAKE_TIMEOUT);
    EXPECT_THAT(pair.owner.why.text, HasSubstr("30 ms (handshakeTimeout)"));
  });
}

TEST(ConnectionHandshakeTimeout, APeerThatDripsItsHandshake) {
  ConnectionLimits limits = generous();
  limits.handshake_timeout = Millis(50);
  Pair pair(Role::server, limits);
  pair.start();
  pair.peer->send("GET / HTTP/1.1\r\nX: ");
  int left = 2000;  // below the limit for headers (the parser counts three more for each piece)
  EXPECT_TRUE(pair.until([&] {
    if (left-- > 0) pair.peer->send("x");
    return pair.gone();
  })) << "every byte must not buy it more time";
  EXPECT_EQ(pair.owner.why.code, EKWS_E_HANDSHAKE_TIMEOUT);
}

TEST(ConnectionHandshakeTimeout, EndsWithTheHandshake) {
  ConnectionLimits limits = generous();
  limits.handshake_timeout = Millis(5000);  // a busy machine with TSan takes its time over TLS
  std::vector<std::unique_ptr<Pair>> pairs;
  in_every_way([&](Way way) {
    pairs.push_back(std::make_unique<Pair>(way, limits));
    pairs.back()->open();
  });
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i]->run_for(i == 0 ? Millis(5100) : Millis(100));  // all had that long by then
    EXPECT_EQ(pairs[i]->owner.closed, 0) << "way " << i;
  }
}

TEST(ConnectionHeartbeat, PingsAndIsContentWithPongs) {
  in_every_way([](Way way) {
    constexpr Millis pong(50);
    Pair pair(way, heartbeat(Millis(5), pong));
    pair.open();
    const auto end = std::chrono::steady_clock::now() + 3 * pong;  // had none counted, it would be gone long before
    EXPECT_TRUE(pair.until([&] {
      for (const Frame& frame : pair.peer->take()) {
        EXPECT_EQ(frame.opcode, kPing);
        pair.peer->send(Frame{kPong, frame.payload});
      }
      pair.peer->pump();  // now: behind a stall the deadline comes before the next turn
      return std::chrono::steady_clock::now() > end;
    }));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

TEST(ConnectionHeartbeat, APeerThatDoesNotAnswerIsGoneAfterPongTimeout) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(10), Millis(30)));
    pair.open();
    ASSERT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.closed, 1);
    EXPECT_EQ(pair.owner.why.code, EKWS_E_PONG_TIMEOUT);
    EXPECT_THAT(pair.owner.why.text, HasSubstr("30 ms (pongTimeout)"));
    const auto frames = pair.peer->take();
    ASSERT_FALSE(frames.empty());
    EXPECT_EQ(frames[0].opcode, kPing);
  });
}

TEST(ConnectionHeartbeat, AnythingThePeerSaysCounts) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(10), Millis(40)));
    pair.open();
    const auto end = std::chrono::steady_clock::now() + Millis(200);
    EXPECT_TRUE(pair.until([&] {
      pair.peer->send(Frame{kText, "busy"});
      return std::chrono::steady_clock::now() > end;
    }));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

TEST(ConnectionHeartbeat, RestsWhileWeDoNotRead) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(10), Millis(20)), 256);
    pair.open();
    pair.owner.room = false;
    for (int i = 0; i < 10; ++i) pair.peer->send(Frame{kText, std::string(200, 'x')});
    pair.run_for(Millis(150));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
    pair.owner.room = true;
    pair.connection().resume();
    ASSERT_TRUE(pair.until([&] { return pair.owner.messages.size() == 10; }));
    ASSERT_TRUE(pair.until([&] { return pair.gone(); })) << "and begins again when we do";
    EXPECT_EQ(pair.owner.why.code, EKWS_E_PONG_TIMEOUT);
  });
}

TEST(ConnectionHeartbeat, APingThatWasOutWhenReadingCameToRestIsNotHeldAgainstThePeer) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(10), Millis(40)), 256);
    pair.open();
    ASSERT_EQ(pair.frames(1).at(0).opcode, kPing);
    pair.owner.room = false;
    for (int i = 0; i < 10; ++i) pair.peer->send(Frame{kText, std::string(200, 'x')});
    pair.peer->send(Frame{kPong, ""});
    pair.run_for(Millis(150));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
    pair.owner.room = true;
    pair.connection().resume();
    ASSERT_TRUE(pair.until([&] { return pair.owner.messages.size() == 10; }));
    EXPECT_EQ(pair.owner.closed, 0);
  });
}

/// As after a stall of the process: all that was due meanwhile is, and the peer's socket is behind so many others that
/// the timers are come to before it.
void stall(Pair& pair, Millis time) {
  constexpr std::size_t more_than_a_turn = 200;  // Asio takes 128 events a turn
  IoContext& io = pair.loop.io();
  std::vector<std::unique_ptr<asio::posix::stream_descriptor>> others;
  asio::steady_timer first(io, Millis(0));
  first.async_wait([](const asio::error_code&) {});
  for (std::size_t i = 0; i < more_than_a_turn; ++i) {
    others.push_back(std::make_unique<asio::posix::stream_descriptor>(io, ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
    others.back()->async_wait(asio::posix::stream_descriptor::wait_read, [](const asio::error_code&) {});
  }
  ::poll(nullptr, 0, 20);  // so that the timers' descriptor is the first to be ready
  for (const auto& other : others) ::eventfd_write(other->native_handle(), 1);
  pair.peer->pump();
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) ::poll(nullptr, 0, 1);
  const int asked = pair.owner.asked;
  EXPECT_TRUE(pair.loop.until([&] { return pair.owner.asked > asked || pair.owner.closed != 0; }));
}

TEST(ConnectionHeartbeat, AnAnswerThatIsInTheSocketCountsThoughTheDeadlineIsComeToFirst) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(10), Millis(50)));
    pair.open();
    for (const Frame& frame : pair.frames(1)) pair.peer->send(Frame{kPong, frame.payload});
    stall(pair, Millis(60));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

TEST(ConnectionHeartbeat, PingsEveryPingIntervalHoweverLongAPongMayTake) {
  in_both_roles([](Role role) {
    Pair pair(role, heartbeat(Millis(10), std::chrono::minutes(1)));
    pair.open();
    for (const Frame& frame : pair.frames(5)) EXPECT_EQ(frame.opcode, kPing);
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

TEST(ConnectionHeartbeat, APeerThatNeitherReadsNorSendsIsFoundThoughNoPingGetsOut) {
  in_both_roles([](Role role) {
    Pair pair(role, heartbeat(Millis(50), Millis(50)), 256);
    pair.open();
    pair.peer->set_reading(false);
    // More pongs than the socket takes, each in answer to one read.
    std::string pings;
    for (int i = 0; i < 8'000; ++i) pings += encode({kPing, std::string(125, 'x')}, role == Role::server);
    pair.peer->send(pings);
    ASSERT_TRUE(pair.until([&] { return pair.gone(); }, std::chrono::seconds(20)));
    EXPECT_EQ(pair.owner.why.code, EKWS_E_PONG_TIMEOUT) << pair.owner.why.text;
  });
}

TEST(ConnectionHeartbeat, APeerThatDoesNotReadButSendsIsAlive) {
  in_both_roles([](Role role) {
    Pair pair(role, heartbeat(Millis(10), Millis(40)), 256);
    pair.open();
    pair.peer->set_reading(false);
    std::string pings;
    for (int i = 0; i < 8'000; ++i) pings += encode({kPing, std::string(125, 'x')}, role == Role::server);
    pair.peer->send(pings);
    ASSERT_TRUE(pair.until([&] { return pair.peer->pump(); }, std::chrono::seconds(20)));
    const auto end = std::chrono::steady_clock::now() + Millis(200);
    EXPECT_TRUE(pair.until([&] {
      pair.peer->send(Frame{kText, "busy"});
      return std::chrono::steady_clock::now() > end;
    }));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

TEST(ConnectionHeartbeat, ZeroIsOff) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(0), Millis(10)));
    pair.open();
    pair.run_for(Millis(60));
    EXPECT_TRUE(pair.peer->take().empty());
    EXPECT_EQ(pair.owner.closed, 0);
  });
}

TEST(ConnectionFragmentTimeout, AMessageThatIsNeverComplete) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.fragment_timeout = Millis(50);
    Pair pair(role, limits);
    pair.open();
    pair.peer->send(Frame{kText, "begun", false});
    EXPECT_TRUE(pair.until([&] {
      if (pair.owner.closed == 0 && pair.peer->pump()) pair.peer->send(Frame{kContinuation, "", false});
      return pair.owner.closed != 0;
    })) << "more frames must not buy it more time";
    EXPECT_EQ(pair.owner.why.code, EKWS_E_FRAGMENT_TIMEOUT);
    EXPECT_THAT(pair.owner.why.text, HasSubstr("50 ms (fragmentTimeout); closed with 1008"));
    EXPECT_EQ(close_code(pair.frames(1).at(0)), 1008);
    pair.peer->leave();
    EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
  });
}

TEST(ConnectionFragmentTimeout, BeginsAnewWithEachMessage) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.fragment_timeout = Millis(200);
    Pair pair(role, limits);
    pair.open();
    const auto end = std::chrono::steady_clock::now() + Millis(500);
    pair.peer->send(Frame{kText, "", false});
    EXPECT_TRUE(pair.until([&] {
      // One is always under way.
      pair.peer->send(Frame{kContinuation, ""});
      pair.peer->send(Frame{kText, "", false});
      return std::chrono::steady_clock::now() > end;
    }));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
    pair.peer->send(Frame{kContinuation, ""});
    pair.run_for(Millis(250));
    EXPECT_EQ(pair.owner.closed, 0) << "nor between two messages: " << pair.owner.why.text;
  });
}

TEST(ConnectionFragmentTimeout, RestsWhileWeDoNotRead) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.fragment_timeout = Millis(40);
    limits.idle_timeout = Millis(40);
    Pair pair(role, limits, 256);
    pair.open();
    pair.owner.room = false;
    pair.peer->send(Frame{kText, std::string(300, 'x'), false});
    pair.run_for(Millis(150));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
    pair.owner.room = true;
    pair.connection().resume();
    ASSERT_TRUE(pair.until([&] { return pair.owner.closed != 0; })) << "and begins again when we do";
  });
}

/// Reads for less than the limit and comes to rest, again and again, until the connection is closed: by `what` the peer
/// sends it notices that it may not read.
void expect_closed_between_rests(Pair& pair, const Frame& what) {
  for (int rests = 0; pair.owner.closed == 0; ++rests) {
    ASSERT_LT(rests, 200) << "it rests for ever";
    pair.run_for(Millis(20));
    if (pair.owner.closed != 0) break;
    const int asked = pair.owner.asked;
    pair.owner.room = false;
    pair.peer->send(what);
    ASSERT_TRUE(pair.until([&] { return pair.owner.asked > asked || pair.owner.closed != 0; }));
    pair.owner.room = true;
    pair.connection().resume();
  }
}

TEST(ConnectionFragmentTimeout, IsNotPutOffByAReaderThatIsOftenBehind) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.fragment_timeout = Millis(100);
    Pair pair(role, limits);
    pair.open();
    pair.peer->send(Frame{kText, "begun", false});
    expect_closed_between_rests(pair, Frame{kContinuation, "", false});
    EXPECT_EQ(pair.owner.why.code, EKWS_E_FRAGMENT_TIMEOUT) << pair.owner.why.text;
  });
}

TEST(ConnectionIdleTimeout, IsNotPutOffByAReaderThatIsOftenBehind) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.idle_timeout = Millis(100);
    Pair pair(role, limits);
    pair.open();
    expect_closed_between_rests(pair, Frame{kPing, "I am here"});
    EXPECT_EQ(pair.owner.why.code, EKWS_E_IDLE_TIMEOUT) << pair.owner.why.text;
  });
}

TEST(ConnectionFragmentTimeout, ARestThatIsInTheSocketCountsThoughTheDeadlineIsComeToFirst) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.fragment_timeout = Millis(50);
    Pair pair(role, limits);
    pair.open();
    // The rest takes several reads: of a frame that is read into the message, and of what comes behind it.
    const std::string first = encode({kText, std::string(100'000, 'x'), false}, role == Role::server);
    pair.peer->send(first.substr(0, first.size() / 2));
    ASSERT_TRUE(pair.until([&] { return !pair.owner.unfinished.empty(); }));
    pair.peer->send(first.substr(first.size() / 2));
    pair.peer->send(Frame{kContinuation, "y"});
    stall(pair, Millis(60));
    EXPECT_EQ(pair.owner.messages.size(), 1U);
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

// Where messages may inflate, what a turn reads is much less than what may wait in a socket.
TEST(ConnectionFragmentTimeout, ARestOfMoreThanATurnCountsAsWell) {
  ConnectionLimits limits = generous();
  limits.fragment_timeout = Millis(50);
  limits.compression.on = true;
  Pair pair(Role::server, limits);
  pair.start();
  pair.peer->send(
      request("GET / HTTP/1.1", "Sec-WebSocket-Extensions: permessage-deflate\r\n" + std::string(kUpgradeHeaders)));
  ASSERT_TRUE(pair.until([&] { return pair.peer->received().find("permessage-deflate") != std::string::npos; }));
  pair.peer->send(Frame{kText, std::string(1'000, 'x'), false});
  ASSERT_TRUE(pair.until([&] { return !pair.owner.unfinished.empty(); }));
  pair.peer->send(Frame{kContinuation, std::string(40'000, 'x')});
  stall(pair, Millis(60));
  EXPECT_EQ(pair.owner.messages.size(), 1U);
  EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
}

TEST(ConnectionIdleTimeout, AMessageThatIsInTheSocketCountsThoughTheDeadlineIsComeToFirst) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.idle_timeout = Millis(50);
    Pair pair(role, limits);
    pair.open();
    pair.peer->send(Frame{kText, "x"});
    stall(pair, Millis(60));
    EXPECT_EQ(pair.owner.messages.size(), 1U);
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

TEST(ConnectionIdleTimeout, APeerThatSendsNoMessage) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.idle_timeout = Millis(100);
    Pair pair(role, limits);
    pair.open();
    EXPECT_TRUE(pair.until([&] {
      if (pair.peer->pump()) pair.peer->send(Frame{kPing, "I am here"});
      return pair.owner.closed != 0;
    })) << "a ping is no message";
    EXPECT_EQ(pair.owner.why.code, EKWS_E_IDLE_TIMEOUT);
    EXPECT_THAT(pair.owner.why.text, HasSubstr("100 ms (idleTimeout); closed with 1001"));
    EXPECT_TRUE(pair.until([&] {
      for (const Frame& frame : pair.peer->take()) {
        if (frame.opcode == kClose) return close_code(frame) == 1001;
      }
      return false;
    }));
  });
}

TEST(ConnectionIdleTimeout, MessagesHoldItOffAndSoDoesOneThatIsUnderWay) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.idle_timeout = Millis(500);
    Pair pair(role, limits);
    pair.open();
    auto end = std::chrono::steady_clock::now() + Millis(1000);
    EXPECT_TRUE(pair.until([&] {
      pair.peer->send(Frame{kText, "x"});
      return std::chrono::steady_clock::now() > end;
    }));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
    end += Millis(1000);
    pair.peer->send(header({kBinary, ""}, role == Role::server, 1U << 20U) + (role == Role::server ? "mask" : ""));
    EXPECT_TRUE(pair.until([&] {
      pair.peer->send("x");
      return std::chrono::steady_clock::now() > end;
    }));
    EXPECT_EQ(pair.owner.closed, 0) << pair.owner.why.text;
  });
}

TEST(ConnectionUnfinished, TellsHowMuchItKeeps) {
  in_both_roles([](Role role) {
    Pair pair(role, generous(), 256);
    pair.open();
    pair.peer->send(Frame{kBinary, std::string(100, 'x'), false});
    ASSERT_TRUE(pair.until([&] { return !pair.owner.unfinished.empty() && pair.owner.unfinished.back() == 100; }));
    pair.peer->send(Frame{kContinuation, std::string(50, 'x'), false});
    ASSERT_TRUE(pair.until([&] { return pair.owner.unfinished.back() == 150; }));
    pair.peer->send(Frame{kContinuation, ""});
    ASSERT_TRUE(pair.until([&] { return pair.owner.unfinished.back() == 0; }));
    EXPECT_EQ(pair.owner.messages.size(), 1U);
  });
}

TEST(ConnectionReject, FailsItWithTheCode) {
  in_both_roles([](Role role) {
    Pair pair(role);
    pair.open();
    pair.connection().reject(1013, "too much", {EKWS_E_BUFFERED, "too much of it"});
    EXPECT_EQ(pair.owner.closed, 1);
    EXPECT_EQ(pair.owner.why.text, "too much of it");
    EXPECT_EQ(close_code(pair.frames(1).at(0)), 1013);
    pair.peer->leave();
    EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
  });
}

}  // namespace
}  // namespace ekws::net

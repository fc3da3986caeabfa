// Deadlines: handshake and heartbeat. Limits are small so that they run out while the test waits for just that.
#include <gmock/gmock.h>

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
  in_every_way([](Way way) {
    ConnectionLimits limits = generous();
    limits.handshake_timeout = Millis(40);
    Pair pair(way, limits);
    pair.open();
    pair.run_for(Millis(80));
    EXPECT_EQ(pair.owner.closed, 0);
  });
}

TEST(ConnectionHeartbeat, PingsAndIsContentWithPongs) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(5), Millis(100)));
    pair.open();
    for (int i = 0; i < 3; ++i) {
      for (const Frame& frame : pair.frames(1)) {
        EXPECT_EQ(frame.opcode, kPing);
        pair.peer->send(Frame{kPong, frame.payload});
      }
      // The next one comes once the pong was taken; until then nothing does.
    }
    EXPECT_EQ(pair.owner.closed, 0);
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

TEST(ConnectionHeartbeat, ZeroIsOff) {
  in_every_way([](Way way) {
    Pair pair(way, heartbeat(Millis(0), Millis(10)));
    pair.open();
    pair.run_for(Millis(60));
    EXPECT_TRUE(pair.peer->take().empty());
    EXPECT_EQ(pair.owner.closed, 0);
  });
}

}  // namespace
}  // namespace ekws::net

// Every way in which a connection ends: on_closed once, the reason right, nothing left behind.
#include <gmock/gmock.h>

#include "net/connection_kit.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

/// Waits until the connection is gone and checks that its owner was told once.
void expect_gone(Pair& pair, int code) {
  EXPECT_TRUE(pair.until([&] { return pair.gone(); })) << "something still holds it";
  EXPECT_EQ(pair.owner.closed, 1);
  EXPECT_EQ(pair.owner.why.code, code) << pair.owner.why.text;
}

TEST(ConnectionClose, Section_7_1_2_SendsTheCodeAndWaitsForThePeersFrame) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    pair.connection().close(1001, "no subscriber any more");
    EXPECT_EQ(pair.owner.closed, 1) << "told before the call returns";
    EXPECT_EQ(pair.owner.why.code, EKWS_E_STOPPED);
    EXPECT_EQ(pair.frames(1), (std::vector<Frame>{{kClose, close_payload(1001, "no subscriber any more")}}));
    pair.run_for(Millis(20));
    EXPECT_FALSE(pair.peer->ended()) << "section 7.1.1: the peer's frame comes first";
    EXPECT_FALSE(pair.gone());
    pair.peer->send(Frame{kClose, close_payload(1001)});
    ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }));
    pair.peer->leave();
    expect_gone(pair, EKWS_E_STOPPED);
  });
}

TEST(ConnectionClose, DeliversNothingAfterIt) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    for (int i = 0; i < 100; ++i) pair.peer->send(Frame{kText, "late"});
    pair.peer->pump();
    pair.connection().close(1001, {});
    pair.peer->send(Frame{kClose, close_payload(1001)});
    ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }));
    pair.peer->leave();
    expect_gone(pair, EKWS_E_STOPPED);
    EXPECT_TRUE(pair.owner.messages.empty());
  });
}

TEST(ConnectionClose, WhileRestingReadsOnForThePeersFrame) {
  in_every_way([](Way way) {
    Pair pair(way, generous(), 256);
    pair.open();
    pair.owner.room = false;
    for (int i = 0; i < 2000; ++i) pair.peer->send(Frame{kBinary, std::string(500, 'x')});
    pair.peer->send(Frame{kClose, close_payload(1001)});
    pair.run_for(Millis(10));
    pair.connection().close(1001, {});
    ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }))
        << "unread data would turn the close into a reset, or hold it up";
    EXPECT_EQ(close_code(pair.peer->take().at(0)), 1001);
    pair.peer->leave();
    expect_gone(pair, EKWS_E_STOPPED);
  });
}

TEST(ConnectionClose, APeerThatStaysSilentIsLeftAfterCloseTimeout) {
  in_every_way([](Way way) {
    ConnectionLimits limits = generous();
    limits.close_timeout = Millis(30);
    Pair pair(way, limits);
    pair.open();
    pair.connection().close(1001, {});
    expect_gone(pair, EKWS_E_STOPPED);
    EXPECT_TRUE(pair.until([&] { return pair.peer->ended(); }));
  });
}

TEST(ConnectionClose, APeerThatAnswersButStaysIsLeftAfterCloseTimeout) {
  in_every_way([](Way way) {
    ConnectionLimits limits = generous();
    limits.close_timeout = Millis(30);
    Pair pair(way, limits);
    pair.open();
    pair.peer->send(Frame{kClose, close_payload(1000)});
    expect_gone(pair, EKWS_E_PEER_CLOSED);
  });
}

TEST(ConnectionClose, APeerThatSendsForEverIsLeftAfterCloseTimeout) {
  in_every_way([](Way way) {
    ConnectionLimits limits = generous();
    limits.close_timeout = Millis(50);
    Pair pair(way, limits);
    pair.open();
    pair.connection().close(1001, {});
    const std::string frame = encode({kBinary, std::string(10'000, 'x')}, way.role == Role::server);
    EXPECT_TRUE(pair.until([&] {
      if (pair.peer->pump()) pair.peer->send(frame);
      return pair.gone();
    }));
    EXPECT_EQ(pair.owner.closed, 1);
  });
}

TEST(ConnectionClose, WithBlockedOutputIsLeftAfterCloseTimeout) {
  in_every_way([](Way way) {
    ConnectionLimits limits = generous();
    limits.close_timeout = Millis(30);
    Pair pair(way, limits, 512);
    pair.open();
    pair.peer->set_reading(false);
    for (int i = 0; i < 10'000; ++i) pair.peer->send(Frame{kPing, std::string(120, 'x')});
    pair.peer->send(Frame{kText, "x"});
    ASSERT_TRUE(pair.until([&] { return !pair.owner.messages.empty(); }));
    pair.connection().close(1001, {});
    expect_gone(pair, EKWS_E_STOPPED);
  });
}

TEST(ConnectionClose, ByThePeerIsAnsweredAndReported) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    pair.peer->send(Frame{kText, "last"});
    pair.peer->send(Frame{kClose, close_payload(1000, "done")});
    EXPECT_EQ(pair.frames(1), (std::vector<Frame>{{kClose, close_payload(1000)}}));
    EXPECT_TRUE(pair.until([&] { return pair.peer->ended(); })) << "we close our side first";
    EXPECT_EQ(pair.owner.messages.size(), 1U);
    pair.peer->leave();
    expect_gone(pair, EKWS_E_PEER_CLOSED);
    EXPECT_THAT(pair.owner.why.text, HasSubstr("done"));
  });
}

TEST(ConnectionClose, APeerThatJustGoesIsReportedAs1006) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    pair.peer->send(Frame{kText, "last"});
    pair.peer->pump();
    pair.peer->leave();
    expect_gone(pair, EKWS_E_EOF);
    EXPECT_EQ(pair.owner.messages.size(), 1U) << "what it sent before counts";
  });
}

TEST(ConnectionClose, APeerThatStopsWritingIsAnEndToo) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    pair.peer->finish_writing();
    expect_gone(pair, EKWS_E_EOF);
  });
}

TEST(ConnectionClose, WhileRestingThePeersGoingIsSeenAfterResume) {
  in_every_way([](Way way) {
    Pair pair(way, generous(), 256);
    pair.open();
    pair.owner.room = false;
    for (int i = 0; i < 20; ++i) pair.peer->send(Frame{kText, std::string(200, 'x')});
    pair.peer->pump();
    pair.peer->leave();
    pair.run_for(Millis(10));
    EXPECT_EQ(pair.owner.closed, 0);
    pair.owner.room = true;
    pair.connection().resume();
    expect_gone(pair, EKWS_E_EOF);
    EXPECT_EQ(pair.owner.messages.size(), 20U) << "nothing is lost";
  });
}

TEST(ConnectionClose, AViolationIsAnsweredBeforeTheEnd) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    pair.peer->send(Frame{kText, "\xff"});
    for (int i = 0; i < 1000; ++i) pair.peer->send(Frame{kText, std::string(1000, 'x')});
    const auto frames = pair.frames(1);
    EXPECT_EQ(close_code(frames.at(0)), 1007);
    pair.peer->leave();
    expect_gone(pair, EKWS_E_UTF8);
    EXPECT_TRUE(pair.owner.messages.empty());
  });
}

TEST(ConnectionClose, BeforeStartJustEnds) {
  Pair pair(Role::server);
  pair.connection().close(1001, {});
  expect_gone(pair, EKWS_E_STOPPED);
}

TEST(ConnectionClose, DuringTheHandshakeJustEnds) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.start();
    pair.run_for(Millis(5));
    pair.connection().close(1001, {});
    EXPECT_EQ(pair.owner.closed, 1);
    pair.peer->leave();
    expect_gone(pair, EKWS_E_STOPPED);
    EXPECT_EQ(pair.owner.opened, 0);
  });
}

TEST(ConnectionClose, TwiceIsOnce) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.open();
    pair.connection().close(1001, {});
    pair.connection().close(1000, {});
    pair.peer->send(Frame{kClose, close_payload(1001)});
    ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }));
    EXPECT_EQ(pair.peer->take().size(), 1U);
    pair.peer->leave();
    expect_gone(pair, EKWS_E_STOPPED);
  });
}

TEST(ConnectionClose, FromInsideOnMessageAndOnOpen) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.owner.when_message = [](Connection& connection) { connection.close(1000, {}); };
    pair.open();
    for (int i = 0; i < 10; ++i) pair.peer->send(Frame{kText, "x"});
    pair.peer->send(Frame{kClose, close_payload(1000)});
    ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }));
    pair.peer->leave();
    expect_gone(pair, EKWS_E_STOPPED);
    EXPECT_EQ(pair.owner.messages.size(), 1U);

    Pair at_once(way);
    at_once.owner.when_open = [](Connection& connection) { connection.close(1000, {}); };
    at_once.open(encode({kText, "early"}, way.role == Role::server));
    at_once.peer->leave();
    expect_gone(at_once, EKWS_E_STOPPED);
    EXPECT_TRUE(at_once.owner.messages.empty());
  });
}

TEST(ConnectionClose, ARefusedRequestIsAnsweredInFull) {
  Pair pair(Role::server);
  pair.owner.answer = {404, std::string(1000, 'x')};
  pair.start();
  pair.peer->send(request());
  ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }));
  EXPECT_THAT(pair.peer->received(), HasSubstr("HTTP/1.1 404"));
  EXPECT_THAT(pair.peer->received(), HasSubstr(std::string(1000, 'x')));
  pair.peer->leave();
  expect_gone(pair, EKWS_E_HANDSHAKE_STATUS);
  EXPECT_EQ(pair.owner.opened, 0);
}

TEST(ConnectionClose, ARefusalByTheServerEndsTheClient) {
  Pair pair(Role::client);
  pair.start();
  pair.peer->send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\n");
  ASSERT_TRUE(pair.until([&] { return pair.owner.closed != 0; }));
  EXPECT_THAT(pair.owner.why.text, HasSubstr("503"));
  pair.peer->leave();
  expect_gone(pair, EKWS_E_HANDSHAKE_STATUS);
}

TEST(ConnectionClose, APeerThatGoesDuringTheHandshake) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.start();
    pair.peer->send(way.role == Role::server ? "GET" : "HTTP");
    pair.peer->pump();
    pair.peer->leave();
    EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.closed, 1);
    EXPECT_THAT(pair.owner.why.error_class(), ::testing::Eq(EKWS_CLASS_TRANSPORT));
  });
}

}  // namespace
}  // namespace ekws::net

// RFC 6455 sections 5.5 and 7 as our side starts them, and what has no echo to show it.
#include <gmock/gmock.h>

#include <set>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

TEST(Rfc6455_5_5_3, TheLastOfManyUnansweredPingsIsAnswered) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    for (int i = 0; i < 1000; ++i) driven.receive({kPing, std::to_string(i)});
    const auto pongs = driven.output();
    EXPECT_LE(pongs.size(), 16U) << "a peer that never reads costs a bounded amount of memory";
    EXPECT_EQ(pongs.back(), (Frame{kPong, "999"}));
  });
}

TEST(Rfc6455_5_3, AClientMasksEveryFrameWithAKeyOfItsOwn) {
  Driven driven(Role::client);
  driven.open();
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    if (i % 2 == 0) driven.session().ping();
    if (i % 2 == 1) driven.session().send({true, "text"});
    keys.insert(driven.session().take_output().substr(2, 4));
  }
  EXPECT_GE(keys.size(), 99U);  // that two of random ones are the same may happen
}

TEST(Rfc6455_6_1, AMessageIsSentWhileOpenOnly) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.session().take_output();  // a client's request
    driven.session().send({true, "early"});
    EXPECT_EQ(driven.session().take_output(), "");
    Driven opened(role);
    opened.open();
    opened.session().close(1000, {});
    opened.session().send({true, "late"});
    EXPECT_EQ(opened.output(), (std::vector<Frame>{{kClose, close_payload(1000)}}));
  });
}

TEST(Rfc6455_6_1, PingIsSentWhileOpenOnly) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.session().take_output();  // a client's request
    driven.session().ping();
    EXPECT_EQ(driven.session().take_output(), "");
    Driven opened(role);
    opened.open();
    opened.session().ping();
    EXPECT_EQ(opened.output(), (std::vector<Frame>{{kPing, ""}}));
    opened.session().close(1000, {});
    opened.output();
    opened.session().ping();
    EXPECT_TRUE(opened.output().empty());
  });
}

TEST(Rfc6455_7_1_2, ClosingWaitsForThePeersFrame) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.session().close(1001, "no subscriber any more");
    EXPECT_EQ(driven.session().phase(), Session::Phase::closing);
    EXPECT_EQ(driven.session().error().code, EKWS_E_STOPPED);
    EXPECT_EQ(driven.output(), (std::vector<Frame>{{kClose, close_payload(1001, "no subscriber any more")}}));
    driven.session().close(1000, "again");
    EXPECT_TRUE(driven.output().empty()) << "a close frame is sent once";
    driven.receive({kClose, close_payload(1001)});
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_EQ(driven.session().error().code, EKWS_E_STOPPED) << "the first reason stays";
    EXPECT_TRUE(driven.output().empty()) << "section 5.5.1: not answered, ours was the first";
  });
}

TEST(Rfc6455_5_5_1, WhatComesBehindOurCloseFrameIsDiscarded) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role);
    driven.open();
    driven.session().close(1000, {});
    driven.output();
    std::string bytes;
    for (const Frame& frame :
         {Frame{kText, "late"}, Frame{kBinary, "la", false}, Frame{kPing, "late"}, Frame{kContinuation, "te"}}) {
      bytes += driven.from_peer(frame);
    }
    feed(driven.session(), bytes, cut);
    EXPECT_TRUE(driven.handler().messages.empty());
    EXPECT_EQ(driven.session().phase(), Session::Phase::closing);
    EXPECT_TRUE(driven.output().empty());
  });
}

TEST(Rfc6455_5_5_1, NothingFollowsOurCloseFrame) {
  in_both_roles([](Role role) {
    Driven by_peer(role);
    by_peer.open();
    feed(by_peer.session(), by_peer.from_peer({kPing, "p"}) + by_peer.from_peer({kClose, close_payload(1000)}));
    EXPECT_EQ(by_peer.output().back().opcode, kClose);
    Driven by_us(role);
    by_us.open();
    by_us.receive({kPing, "p"});
    by_us.session().close(1001, {});
    EXPECT_EQ(by_us.output().back().opcode, kClose);
  });
}

TEST(Rfc6455_7_1_4, BothClosingAtOnceEndsInOrder) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.session().close(1001, {});
    driven.receive({kClose, close_payload(1000, "mine crossed yours")});
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_EQ(driven.session().error().code, EKWS_E_STOPPED);
    EXPECT_EQ(driven.output().size(), 1U);
  });
}

TEST(Rfc6455_7_1_5, AnEndWithoutACloseFrameIs1006) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.session().receive_end();
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_EQ(driven.session().error().code, EKWS_E_EOF);
    EXPECT_THAT(driven.session().error().text, HasSubstr("1006"));
    EXPECT_TRUE(driven.output().empty());
  });
}

TEST(Rfc6455_7_1_1, AnEndWhileClosingIsInOrder) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.session().close(1000, {});
    driven.session().receive_end();
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_EQ(driven.session().error().code, EKWS_E_STOPPED);
  });
}

TEST(Rfc6455_5_5, ALongReasonIsCutAtACharacter) {
  in_both_roles([](Role role) {
    std::string reason;
    while (reason.size() < 200) reason += "\xe6\xb8\xa9";
    Driven driven(role);
    driven.open();
    driven.session().close(1000, reason);
    const auto output = driven.output();
    ASSERT_EQ(output.size(), 1U);
    EXPECT_LE(output[0].payload.size(), 125U);
    EXPECT_EQ(output[0].payload.substr(2), reason.substr(0, 123)) << "123 is a multiple of three";
    Driven odd(role);
    odd.open();
    odd.session().close(1000, "x" + reason);
    EXPECT_EQ(odd.output().at(0).payload.substr(2), ("x" + reason).substr(0, 121));
  });
}

}  // namespace
}  // namespace ekws::net

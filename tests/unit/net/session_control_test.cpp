// RFC 6455 section 5.5 and 7: ping, pong and the closing handshake.
#include <gmock/gmock.h>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(SessionPing, Section_5_5_3_IsAnsweredWithItsPayload) {
  in_every_way([](Role role, Cut cut) {
    for (const std::string& payload : {std::string(), std::string("\0\xff", 2), std::string(125, 'x')}) {
      Driven driven(role);
      driven.open();
      feed(driven.session(), driven.from_peer({kPing, payload}), cut);
      EXPECT_EQ(driven.output(), (std::vector<Frame>{{kPong, payload}}));
      EXPECT_TRUE(driven.output().empty()) << "answered once";
    }
  });
}

TEST(SessionPing, Section_5_5_3_OnlyTheLastUnansweredOneIsAnswered) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    for (int i = 0; i < 1000; ++i) driven.receive({kPing, std::to_string(i)});
    EXPECT_EQ(driven.output(), (std::vector<Frame>{{kPong, "999"}}));
  });
}

TEST(SessionPing, IsSentWhileOpenOnly) {
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

TEST(SessionPing, Section_5_5_3_UnsolicitedPongsAreTaken) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.receive({kPong, "anything"});
    EXPECT_EQ(driven.session().phase(), Session::Phase::open);
    EXPECT_TRUE(driven.output().empty());
  });
}

struct PeerClose {
  std::string payload;
  const char* text;  ///< in the error
};

TEST(SessionClose, Section_5_5_1_ByThePeerIsAnsweredWithItsCode) {
  in_every_way([](Role role, Cut cut) {
    for (const PeerClose& close : {PeerClose{"", "without a status code (1005)"},
                                   {close_payload(1000), "code 1000"},
                                   {close_payload(1001, "bye"), "code 1001 (Going away): bye"},
                                   {close_payload(1003), "1003"},
                                   {close_payload(1007), "1007"},
                                   {close_payload(1008), "1008"},
                                   {close_payload(1009), "1009"},
                                   {close_payload(1010), "1010"},
                                   {close_payload(1011), "1011"},
                                   {close_payload(1012), "1012"},
                                   {close_payload(1013), "1013"},
                                   {close_payload(1014), "1014"},
                                   {close_payload(3000), "3000"},
                                   {close_payload(3999), "3999"},
                                   {close_payload(4000), "4000"},
                                   {close_payload(4999, "\xe6\xb8\xa9\xe5\xba\xa6"), "\xe6\xb8\xa9\xe5\xba\xa6"}}) {
      SCOPED_TRACE(close.text);
      Driven driven(role);
      driven.open();
      feed(driven.session(), driven.from_peer({kClose, close.payload}), cut);
      EXPECT_EQ(driven.session().phase(), Session::Phase::over);
      EXPECT_EQ(driven.session().error().code, EKWS_E_PEER_CLOSED);
      EXPECT_THAT(driven.session().error().text, HasSubstr(close.text));
      EXPECT_EQ(driven.output(), (std::vector<Frame>{{kClose, close.payload.substr(0, 2)}}));
    }
  });
}

TEST(SessionClose, Section_7_4_RefusesInvalidCodes) {
  in_both_roles([](Role role) {
    for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
      SCOPED_TRACE(code);
      Driven driven(role);
      driven.open();
      driven.receive({kClose, close_payload(code)});
      EXPECT_EQ(driven.session().phase(), Session::Phase::over);
      EXPECT_EQ(driven.session().error().code, EKWS_E_PROTOCOL);
      const auto output = driven.output();
      ASSERT_EQ(output.size(), 1U);
      EXPECT_EQ(close_code(output[0]), 1002);
    }
  });
}

TEST(SessionClose, Section_5_5_1_RefusesHalfACode) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.receive({kClose, "x"});
    EXPECT_EQ(driven.session().error().code, EKWS_E_PROTOCOL);
    EXPECT_EQ(close_code(driven.output().at(0)), 1002);
  });
}

TEST(SessionClose, Section_5_5_1_RefusesAReasonThatIsNotUtf8) {
  in_both_roles([](Role role) {
    for (const char* reason : {"\xff", "abc\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"}) {
      Driven driven(role);
      driven.open();
      driven.receive({kClose, close_payload(1000, reason)});
      EXPECT_EQ(driven.session().error().code, EKWS_E_UTF8);
      EXPECT_EQ(close_code(driven.output().at(0)), 1007);
    }
  });
}

TEST(SessionClose, Section_7_1_2_ByUsWaitsForThePeersFrame) {
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

TEST(SessionClose, Section_1_4_DiscardsWhatComesAfterOurs) {
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

TEST(SessionClose, Section_5_5_1_IgnoresFramesBehindThePeers) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role);
    driven.open();
    feed(driven.session(),
         driven.from_peer({kClose, close_payload(1000)}) + driven.from_peer({kText, "late"}) +
             driven.from_peer({kPing, "late"}) + driven.from_peer({kClose, close_payload(1001)}) + "\xff\xff\xff",
         cut);
    EXPECT_TRUE(driven.handler().messages.empty());
    EXPECT_EQ(driven.output(), (std::vector<Frame>{{kClose, close_payload(1000)}}));
  });
}

TEST(SessionClose, Section_5_5_1_NothingFollowsOurCloseFrame) {
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

TEST(SessionClose, DeliversWhatCameBeforeThePeers) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role);
    driven.open();
    feed(driven.session(), driven.from_peer({kText, "last"}) + driven.from_peer({kClose, close_payload(1000)}), cut);
    EXPECT_EQ(driven.handler().messages, (std::vector<Message>{{true, "last"}}));
  });
}

TEST(SessionClose, BothAtOnceEndsInOrder) {
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

TEST(SessionClose, Section_7_1_5_AnEndWithoutACloseFrameIs1006) {
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

TEST(SessionClose, AnEndWhileClosingIsInOrder) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.session().close(1000, {});
    driven.session().receive_end();
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_EQ(driven.session().error().code, EKWS_E_STOPPED);
  });
}

TEST(SessionClose, Section_5_5_CutsALongReasonAtACharacter) {
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

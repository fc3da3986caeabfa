// RFC 6455 sections 5, 7.1.7, 8.1 and 10.4: what a peer must not do.
#include <gmock/gmock.h>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

/// The session has failed with this code, and says so to the peer with that one.
void expect_failed(Driven& driven, int code, int close) {
  EXPECT_EQ(driven.session().phase(), Session::Phase::over);
  EXPECT_EQ(driven.session().error().code, code) << driven.session().error().text;
  EXPECT_THAT(driven.session().error().text, HasSubstr(std::to_string(close)));
  const auto output = driven.output();
  ASSERT_EQ(output.size(), 1U);
  EXPECT_EQ(output[0].opcode, kClose);
  EXPECT_EQ(close_code(output[0]), close);
}

struct Case {
  const char* what;
  std::vector<Frame> frames;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

class SessionViolation : public ::testing::TestWithParam<Case> {};

TEST_P(SessionViolation, IsAnsweredWith1002) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role);
    driven.open();
    std::string bytes;
    for (const Frame& frame : GetParam().frames) bytes += driven.from_peer(frame);
    feed(driven.session(), bytes + driven.from_peer({kText, "behind it"}), cut);
    expect_failed(driven, EKWS_E_PROTOCOL, 1002);
    EXPECT_TRUE(driven.handler().messages.empty());
  });
}

const Case kCases[] = {
    {"Section_5_2_Rsv1", {{kText, "x", true, 4}}},
    {"Section_5_2_Rsv2", {{kText, "x", true, 2}}},
    {"Section_5_2_Rsv3", {{kText, "x", true, 1}}},
    {"Section_5_2_AllRsv", {{kBinary, "x", true, 7}}},
    {"Section_5_2_RsvOnControl", {{kPing, "x", true, 4}}},
    {"Section_5_2_RsvOnContinuation", {{kText, "x", false}, {kContinuation, "x", true, 4}}},
    {"Section_5_2_Opcode3", {{3, "x"}}},
    {"Section_5_2_Opcode4", {{4, "x"}}},
    {"Section_5_2_Opcode5", {{5, "x"}}},
    {"Section_5_2_Opcode6", {{6, "x"}}},
    {"Section_5_2_Opcode7", {{7, "x"}}},
    {"Section_5_2_Opcode11", {{11, "x"}}},
    {"Section_5_2_Opcode12", {{12, "x"}}},
    {"Section_5_2_Opcode13", {{13, "x"}}},
    {"Section_5_2_Opcode14", {{14, "x"}}},
    {"Section_5_2_Opcode15", {{15, "x"}}},
    {"Section_5_5_LongPing", {{kPing, std::string(126, 'x')}}},
    {"Section_5_5_LongPong", {{kPong, std::string(126, 'x')}}},
    {"Section_5_5_LongClose", {{kClose, close_payload(1000, std::string(124, 'x'))}}},
    {"Section_5_5_HugePing", {{kPing, std::string(70'000, 'x')}}},
    {"Section_5_5_FragmentedPing", {{kPing, "x", false}, {kContinuation, "y"}}},
    {"Section_5_5_FragmentedClose", {{kClose, close_payload(1000), false}}},
    {"Section_5_4_ContinuationOfNothing", {{kContinuation, "x"}}},
    {"Section_5_4_UnfinishedContinuationOfNothing", {{kContinuation, "x", false}}},
    {"Section_5_4_TextInsideText", {{kText, "x", false}, {kText, "y"}}},
    {"Section_5_4_BinaryInsideText", {{kText, "x", false}, {kBinary, "y"}}},
};

INSTANTIATE_TEST_SUITE_P(All, SessionViolation, ::testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(given.param.what); });

TEST(SessionMasking, Section_5_1_UnmaskedFramesToAServerAndMaskedOnesToAClient) {
  in_both_roles([](Role role) {
    for (const int opcode : {kText, kBinary, kPing, kClose}) {
      for (const Cut cut : {Cut::whole, Cut::bytes}) {
        Driven driven(role);
        driven.open();
        feed(driven.session(), encode({opcode, opcode == kClose ? close_payload(1000) : "x"}, role == Role::client),
             cut);
        expect_failed(driven, EKWS_E_PROTOCOL, 1002);
        EXPECT_TRUE(driven.handler().messages.empty());
      }
    }
  });
}

// Section 5.2: "the minimal number of bytes MUST be used to encode the length".
TEST(SessionLength, Section_5_2_LongerFormsThanNeeded) {
  in_every_way([](Role role, Cut cut) {
    const std::pair<std::size_t, Length> too_long[] = {{0, Length::two_bytes},     {125, Length::two_bytes},
                                                       {0, Length::eight_bytes},   {125, Length::eight_bytes},
                                                       {126, Length::eight_bytes}, {65535, Length::eight_bytes}};
    for (const auto& [size, form] : too_long) {
      SCOPED_TRACE(size);
      Driven driven(role);
      driven.open();
      feed(driven.session(), encode({kBinary, std::string(size, 'x')}, role == Role::server, form).substr(0, 200), cut);
      expect_failed(driven, EKWS_E_PROTOCOL, 1002);
    }
  });
}

// Section 5.2: the most significant bit of a 64-bit length must be 0.
TEST(SessionLength, Section_5_2_HighestBitIsRefused) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    feed(driven.session(), header({kBinary, ""}, role == Role::server, 1ULL << 63U) + "mask");
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_TRUE(driven.session().error());
  });
}

// The sum with what has come already must not wrap around, or the rest of the message has no limit at all.
TEST(SessionLimit, HugeContinuationIsRefused) {
  in_both_roles([](Role role) {
    Driven driven(role, 1000);
    driven.open();
    driven.receive({kBinary, "0123456789", false});
    feed(driven.session(),
         header({kContinuation, ""}, role == Role::server, ~0ULL - 5) + "mask" + std::string(5000, 'x'));
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_TRUE(driven.session().error());
    EXPECT_TRUE(driven.handler().messages.empty());
  });
}

struct BadText {
  const char* what;
  std::string text;
};

const BadText kBadTexts[] = {
    {"lone continuation", "\x80"},
    {"overlong /", "\xc0\xaf"},
    {"overlong NUL", std::string("\xe0\x80\x80")},
    {"overlong in four", "\xf0\x80\x80\x80"},
    {"surrogate", "\xed\xa0\x80"},
    {"above U+10FFFF", "\xf4\x90\x80\x80"},
    {"F5", "\xf5\x80\x80\x80"},
    {"FE", "\xfe"},
    {"FF", "\xff"},
    {"cut at the end", "ok \xe6\xb8"},
    {"cut in the middle", "\xe6\xb8 ok"},
    {"behind much that is fine", std::string(1000, 'x') + "\xff"},
};

TEST(SessionUtf8, Section_8_1_InvalidTextIsAnsweredWith1007) {
  in_every_way([](Role role, Cut cut) {
    for (const BadText& bad : kBadTexts) {
      SCOPED_TRACE(bad.what);
      Driven driven(role);
      driven.open();
      feed(driven.session(), driven.from_peer({kText, bad.text}) + driven.from_peer({kText, "behind it"}), cut);
      expect_failed(driven, EKWS_E_UTF8, 1007);
      EXPECT_TRUE(driven.handler().messages.empty());
    }
  });
}

TEST(SessionUtf8, Section_8_1_FailsFastInsideAFragment) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.receive({kText, "fine", false});
    EXPECT_EQ(driven.session().phase(), Session::Phase::open);
    const std::string half = driven.from_peer({kContinuation, "\xff" + std::string(100, 'x'), false});
    feed(driven.session(), half.substr(0, half.size() - 90));
    expect_failed(driven, EKWS_E_UTF8, 1007);
  });
}

TEST(SessionUtf8, Section_5_6_BinaryIsNotChecked) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.receive({kBinary, "\xff\xfe"});
    EXPECT_EQ(driven.handler().messages.size(), 1U);
  });
}

TEST(SessionUtf8, AMessageAfterABinaryOneIsCheckedAnew) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    driven.receive({kBinary, "\xe6"});
    driven.receive({kText, "\xe6\xb8\xa9"});
    EXPECT_EQ(driven.handler().messages.size(), 2U);
    EXPECT_EQ(driven.session().phase(), Session::Phase::open);
  });
}

}  // namespace
}  // namespace ekws::net

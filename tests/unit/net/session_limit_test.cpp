// maxMessageBytes, maxFragments; RFC 6455 sections 7.4.1 (1009) and 10.4.
#include <gmock/gmock.h>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t kMax = 1000;

std::string bytes(const Driven& driven, const std::vector<Frame>& frames) {
  std::string all;
  for (const Frame& frame : frames) all += driven.from_peer(frame);
  return all;
}

std::string x(std::size_t size) { return std::string(size, 'x'); }

TEST(SessionLimit, TakesMessagesOfExactlyTheLimit) {
  in_every_way([](Role role, Cut cut) {
    for (const auto& frames : std::vector<std::vector<Frame>>{
             {{kText, x(kMax)}},
             {{kBinary, x(kMax)}},
             {{kText, x(600), false}, {kContinuation, x(400)}},
             {{kText, x(kMax), false}, {kContinuation, ""}},
             {{kText, "", false}, {kPing, x(125)}, {kContinuation, x(kMax)}},
         }) {
      Driven driven(role, kMax);
      driven.open();
      feed(driven.session(), bytes(driven, frames) + bytes(driven, frames), cut);
      ASSERT_EQ(driven.handler().messages.size(), 2U) << driven.session().error().text;
      EXPECT_EQ(driven.handler().messages[1].payload, x(kMax));
    }
  });
}

TEST(SessionLimit, Section_7_4_1_OneByteMoreIsAnsweredWith1009) {
  in_every_way([](Role role, Cut cut) {
    for (const auto& frames : std::vector<std::vector<Frame>>{
             {{kText, x(kMax + 1)}},
             {{kBinary, x(kMax + 1)}},
             {{kText, x(600), false}, {kContinuation, x(401)}},
             {{kText, x(kMax), false}, {kContinuation, "x"}},
             {{kText, "", false}, {kContinuation, x(kMax + 1), false}},
             {{kBinary, x(400), false}, {kContinuation, x(400), false}, {kContinuation, x(201)}},
         }) {
      Driven driven(role, kMax);
      driven.open();
      feed(driven.session(), bytes(driven, frames), cut);
      EXPECT_EQ(driven.session().phase(), Session::Phase::over);
      EXPECT_EQ(driven.session().error().code, EKWS_E_MESSAGE_TOO_BIG);
      EXPECT_THAT(driven.session().error().text, AllOf(HasSubstr("1000 bytes"), HasSubstr("maxMessageBytes")));
      const auto output = driven.output();
      ASSERT_EQ(output.size(), 1U);
      EXPECT_EQ(close_code(output[0]), 1009);
      EXPECT_TRUE(driven.handler().messages.empty());
    }
  });
}

TEST(SessionLimit, IsEnforcedByTheHeaderBeforeAnyPayload) {
  in_both_roles([](Role role) {
    Driven driven(role, kMax);
    driven.open();
    feed(driven.session(),
         header({kBinary, ""}, role == Role::server, kMax + 1) + (role == Role::server ? "mask" : ""));
    EXPECT_EQ(driven.session().error().code, EKWS_E_MESSAGE_TOO_BIG);
  });
}

TEST(SessionLimit, DoesNotConcernControlFrames) {
  in_both_roles([](Role role) {
    Driven driven(role, 1);
    driven.open();
    driven.receive({kPing, x(125)});
    EXPECT_EQ(driven.output(), (std::vector<Frame>{{kPong, x(125)}}));
    driven.receive({kText, "x"});
    EXPECT_EQ(driven.handler().messages.size(), 1U);
  });
}

/// Announces `size` bytes of payload and sends none.
std::string announce(const Driven& driven, const Frame& frame, std::uint64_t size) {
  std::string out = header(frame, !driven.masks(), size);
  return driven.masks() ? out : out + std::string(4, '\0');
}

// The sum of what is there and what is announced wraps around; answering a ping in between must not hide it.
TEST(SessionLimit, AWrappedLengthIsNoWayPastTheLimit) {
  in_both_roles([](Role role) {
    Driven driven(role, 1000);
    driven.open();
    driven.receive({kBinary, "0123456789", false});
    driven.receive({kPing, "?"});
    EXPECT_EQ(driven.output().size(), 1U);
    driven.session().ping();
    EXPECT_EQ(driven.output().size(), 1U);
    feed(driven.session(), announce(driven, {kContinuation, "", true}, ~std::uint64_t{5} >> 1U));
    std::string much(2000, 'x');
    driven.session().receive(much.data(), much.size());
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_EQ(driven.session().error().code, EKWS_E_MESSAGE_TOO_BIG);
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

TEST(SessionLimit, PromisesOfThePeerCostNoMemory) {
  // A header that announces 1 GiB, and no payload: nothing is to be reserved for it.
  Driven driven(Role::server, 1ULL << 40U);
  driven.open();
  feed(driven.session(), header({kBinary, ""}, true, 1ULL << 39U) + "mask" + "few");
  EXPECT_EQ(driven.session().phase(), Session::Phase::open);
}

TEST(SessionFragments, TakesMessagesOfExactlyTheLimit) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role, {kMax, 3});
    driven.open();
    const std::vector<Frame> frames = {
        {kText, "a", false}, {kPing, "?"}, {kContinuation, "", false}, {kPong, ""}, {kContinuation, x(500)}};
    feed(driven.session(), bytes(driven, frames) + bytes(driven, {{kBinary, x(300)}}) + bytes(driven, frames), cut);
    ASSERT_EQ(driven.handler().messages.size(), 3U) << driven.session().error().text;
    EXPECT_EQ(driven.handler().messages[2].payload, "a" + x(500));
    EXPECT_EQ(driven.session().fragmented(), 0U);
  });
}

TEST(SessionFragments, OneFrameMoreIsAnsweredWith1008) {
  in_every_way([](Role role, Cut cut) {
    for (const auto& frames : std::vector<std::vector<Frame>>{
             {{kText, "a", false}, {kContinuation, "", false}, {kContinuation, "b", false}, {kContinuation, "c"}},
             {{kBinary, "", false}, {kContinuation, "", false}, {kContinuation, "", false}, {kContinuation, "", false}},
             {{kText, x(200), false},
              {kContinuation, x(200), false},
              {kPing, ""},
              {kContinuation, x(200), false},
              {kContinuation, x(200), false}},
         }) {
      Driven driven(role, {kMax, 3});
      driven.open();
      feed(driven.session(), driven.from_peer({kText, "before"}) + bytes(driven, frames), cut);
      EXPECT_EQ(driven.session().phase(), Session::Phase::over);
      EXPECT_EQ(driven.session().error().code, EKWS_E_FRAGMENTS);
      EXPECT_THAT(driven.session().error().text, HasSubstr("3 frames (maxFragments); closed with 1008"));
      const auto output = driven.output();
      ASSERT_FALSE(output.empty());
      EXPECT_EQ(close_code(output.back()), 1008);
      EXPECT_EQ(driven.handler().messages.size(), 1U) << "what was before it is delivered";
      EXPECT_EQ(driven.session().unfinished(), 0U) << "and what there was of it is not kept";
    }
  });
}

TEST(SessionFragments, AFrameThatIsAlsoInvalidIsToldAsInvalid) {
  in_both_roles([](Role role) {
    Driven driven(role, {kMax, 1});
    driven.open();
    feed(driven.session(), bytes(driven, {{kText, "a", false}, {3, ""}, {kContinuation, ""}}));
    EXPECT_EQ(driven.session().error().code, EKWS_E_PROTOCOL);
  });
}

TEST(SessionFragments, TellsWhichMessageIsNotComplete) {
  in_both_roles([](Role role) {
    Driven driven(role);
    driven.open();
    const auto after = [&](const Frame& frame) {
      driven.receive(frame);
      return driven.session().fragmented();
    };
    EXPECT_EQ(after({kText, "whole"}), 0U);
    EXPECT_EQ(after({kText, "a", false}), 1U);
    EXPECT_EQ(driven.session().unfinished(), 1U);
    EXPECT_EQ(after({kPing, "?"}), 1U);
    EXPECT_EQ(after({kContinuation, "b", false}), 1U);
    EXPECT_EQ(driven.session().unfinished(), 2U);
    EXPECT_EQ(after({kContinuation, "c"}), 0U);
    EXPECT_EQ(driven.session().unfinished(), 0U);
    EXPECT_EQ(after({kBinary, "", false}), 2U);
  });
}

}  // namespace
}  // namespace ekws::net

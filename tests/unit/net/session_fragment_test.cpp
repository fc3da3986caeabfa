// Fragmented messages where the frames between or behind are out to deceive (RFC 6455 section 5.4).
#include "net/session_kit.h"

namespace ekws::net {
namespace {

/// Announces `size` bytes of payload and sends none.
std::string announce(const Driven& driven, const Frame& frame, std::uint64_t size) {
  std::string out = header(frame, !driven.masks(), size);
  return driven.masks() ? out : out + std::string(4, '\0');
}

// The sum of what is there and what is announced wraps around; answering a ping in between must not hide it.
TEST(SessionFragment, AWrappedLengthIsNoWayPastTheLimit) {
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

// Section 8.1: text that ends inside a character is invalid, however it was cut into frames.
TEST(SessionFragment, TextCutInsideACharacterIsInvalid) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role);
    driven.open();
    feed(driven.session(), driven.from_peer({kText, "ok \xe6\xb8", false}) + driven.from_peer({kContinuation, ""}),
         cut);
    EXPECT_TRUE(driven.handler().messages.empty());
    EXPECT_EQ(driven.session().error().code, EKWS_E_UTF8);
  });
}

TEST(SessionFragment, TextCutBetweenTheBytesOfACharacterIsWhole) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role);
    driven.open();
    feed(driven.session(), driven.from_peer({kText, "ok \xe6\xb8", false}) + driven.from_peer({kContinuation, "\xa1"}),
         cut);
    ASSERT_EQ(driven.handler().messages.size(), 1U);
    EXPECT_EQ(driven.handler().messages[0].payload, "ok \xe6\xb8\xa1");
  });
}

}  // namespace
}  // namespace ekws::net

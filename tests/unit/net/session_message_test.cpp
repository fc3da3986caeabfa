// RFC 6455 sections 5.4 and 5.6: messages and their fragments.
#include <gmock/gmock.h>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

std::vector<Message> received(Role role, Cut cut, const std::vector<Frame>& frames) {
  Driven driven(role);
  driven.open();
  std::string bytes;
  for (const Frame& frame : frames) bytes += driven.from_peer(frame);
  feed(driven.session(), bytes, cut);
  EXPECT_EQ(driven.session().phase(), Session::Phase::open) << driven.session().error().text;
  return driven.handler().messages;
}

TEST(SessionMessage, Section_5_6_DeliversTextAndBinary) {
  in_every_way([](Role role, Cut cut) {
    EXPECT_EQ(
        received(role, cut, {{kText, "hello"}, {kBinary, std::string("\0\xff\xfe", 3)}, {kText, ""}, {kBinary, ""}}),
        (std::vector<Message>{{true, "hello"}, {false, std::string("\0\xff\xfe", 3)}, {true, ""}, {false, ""}}));
  });
}

TEST(SessionMessage, Section_5_2_TakesEveryLengthForm) {
  in_every_way([](Role role, Cut cut) {
    for (const std::size_t size : {1, 125, 126, 127, 65535, 65536, 70000}) {
      if (cut == Cut::bytes && size > 1000) continue;
      const std::string payload(size, 'x');
      EXPECT_EQ(received(role, cut, {{kBinary, payload}}), (std::vector<Message>{{false, payload}})) << size;
    }
  });
}

TEST(SessionMessage, Section_5_4_JoinsFragments) {
  in_every_way([](Role role, Cut cut) {
    EXPECT_EQ(received(role, cut,
                       {{kText, "one ", false},
                        {kContinuation, "two ", false},
                        {kContinuation, "", false},
                        {kContinuation, "three"},
                        {kBinary, "", false},
                        {kContinuation, "x"},
                        {kBinary, "y", false},
                        {kContinuation, ""}}),
              (std::vector<Message>{{true, "one two three"}, {false, "x"}, {false, "y"}}));
  });
}

TEST(SessionMessage, Section_5_4_TakesControlFramesBetweenFragments) {
  in_every_way([](Role role, Cut cut) {
    Driven driven(role);
    driven.open();
    std::string bytes;
    for (const Frame& frame : {Frame{kText, "a", false}, Frame{kPing, "p"}, Frame{kContinuation, "b", false},
                               Frame{kPong, "unsolicited"}, Frame{kContinuation, "c"}}) {
      bytes += driven.from_peer(frame);
    }
    feed(driven.session(), bytes, cut);
    EXPECT_EQ(driven.handler().messages, (std::vector<Message>{{true, "abc"}}));
    EXPECT_EQ(driven.output(), (std::vector<Frame>{{kPong, "p"}}));
  });
}

// Section 5.6: a fragment may end inside a character, the message may not.
TEST(SessionMessage, Section_5_6_TakesCharactersCutByFragments) {
  const std::string text = "\xe6\xb8\xa9\xe5\xba\xa6 \xf0\x9f\x8c\xa1";
  in_every_way([&](Role role, Cut cut) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      EXPECT_EQ(received(role, cut, {{kText, text.substr(0, at), false}, {kContinuation, text.substr(at)}}),
                (std::vector<Message>{{true, text}}))
          << "cut at " << at;
    }
  });
}

TEST(SessionMessage, Section_8_1_TakesEveryKindOfCharacter) {
  for (const char* text : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(received(Role::server, Cut::whole, {{kText, text}}), (std::vector<Message>{{true, text}}));
  }
}

// Section 5.3: a key of its own for each frame, whatever its position.
TEST(SessionMessage, Section_5_3_UnmasksFragmentsOfOddSizes) {
  std::string whole;
  std::vector<Frame> frames;
  for (std::size_t size = 1; size <= 50; ++size) {
    const std::string part(size, static_cast<char>('a' + size % 26));
    whole += part;
    frames.push_back({frames.empty() ? kBinary : kContinuation, part, size == 50});
  }
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    EXPECT_EQ(received(Role::server, cut, frames), (std::vector<Message>{{false, whole}})) << name(cut);
  }
}

TEST(SessionMessage, PromisesOfThePeerCostNoMemory) {
  // A header that announces 1 GiB, and no payload: nothing is to be reserved for it.
  Driven driven(Role::server, 1ULL << 40U);
  driven.open();
  feed(driven.session(), header({kBinary, ""}, true, 1ULL << 39U) + "mask" + "few");
  EXPECT_EQ(driven.session().phase(), Session::Phase::open);
}

}  // namespace
}  // namespace ekws::net

// Large messages, read straight into their own memory.
#include <algorithm>
#include <cstring>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

constexpr std::size_t kReads = 64 * 1024;

/// Gives the bytes to the session as a connection does: into the room it names, else from a buffer. Returns how many
/// went into rooms.
std::size_t feed_rooms(Session& session, std::string_view bytes) {
  std::size_t in_place = 0;
  std::vector<char> buffer(kReads);
  while (!bytes.empty() && session.phase() == Session::Phase::open) {
    Room room = session.room();
    const bool own = room.size != 0;
    if (!own) room = {buffer.data(), buffer.size()};
    const std::size_t size = std::min(room.size, bytes.size());
    std::memcpy(room.data, bytes.data(), size);
    session.receive(room.data, size);
    in_place += own ? size : 0;
    bytes.remove_prefix(size);
  }
  return in_place;
}

/// A little more than that.
std::string text_of(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "abcdefghij\u00e4klm\U0001F600";
  return text;
}

TEST(SessionRoom, MostOfALargeMessageIsReadInPlace) {
  in_both_roles([](Role role) {
    Driven driven(role, 8U << 20U);
    driven.open();
    const std::string text = text_of(5U << 20U);
    const std::string small = "in between";
    const std::string bytes = driven.from_peer({kText, text}) + driven.from_peer({kText, small});
    EXPECT_GT(feed_rooms(driven.session(), bytes + bytes), 2 * text.size() - 4 * kReads);
    EXPECT_TRUE(driven.handler().messages ==
                (std::vector<Message>{{true, text}, {true, small}, {true, text}, {true, small}}));
  });
}

TEST(SessionRoom, FragmentsAndControlFramesBetweenThem) {
  in_both_roles([](Role role) {
    Driven driven(role, 8U << 20U);
    driven.open();
    const std::string text = text_of(800'000);
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += 300'001) {
      const bool last = at + 300'001 >= text.size();
      bytes += driven.from_peer({at == 0 ? kText : kContinuation, text.substr(at, 300'001), last});
      bytes += driven.from_peer({kPing, "still there?"});
    }
    EXPECT_GT(feed_rooms(driven.session(), bytes), text.size() / 2);
    EXPECT_TRUE(driven.handler().messages == (std::vector<Message>{{true, text}}));
    EXPECT_EQ(driven.output().size(), 3U);
  });
}

TEST(SessionRoom, NoneForSmallMessagesNorBetweenMessages) {
  in_both_roles([](Role role) {
    Driven driven(role);
    EXPECT_EQ(driven.session().room().size, 0U) << "before the handshake";
    driven.open();
    EXPECT_EQ(driven.session().room().size, 0U);
    const std::string bytes = driven.from_peer({kBinary, std::string(1000, 'x')});
    feed(driven.session(), std::string_view(bytes).substr(0, 500));
    EXPECT_EQ(driven.session().room().size, 0U);
    feed(driven.session(), std::string_view(bytes).substr(500));
    EXPECT_EQ(driven.handler().messages.size(), 1U);
  });
}

TEST(SessionRoom, IsNoLargerThanWhatAPeerMayBeTrustedWith) {
  in_both_roles([](Role role) {
    Driven driven(role, 1U << 30U);
    driven.open();
    const std::string frame = driven.from_peer({kBinary, std::string(1U << 20U, 'x')});
    feed(driven.session(), std::string_view(frame).substr(0, 14));
    EXPECT_GT(driven.session().room().size, 0U);
    EXPECT_LE(driven.session().room().size, kReads) << "a header alone";
  });
}

TEST(SessionRoom, WhatIsNoUtf8IsFoundAtOnce) {
  in_both_roles([](Role role) {
    Driven driven(role, 8U << 20U);
    driven.open();
    std::string text(1U << 20U, 'x');
    text[200'000] = '\xff';
    feed_rooms(driven.session(), std::string_view(driven.from_peer({kText, text})).substr(0, 300'000));
    EXPECT_EQ(driven.session().phase(), Session::Phase::over);
    EXPECT_EQ(driven.session().error().code, EKWS_E_UTF8);
    EXPECT_EQ(driven.session().unfinished(), 0U);
  });
}

}  // namespace
}  // namespace ekws::net

// A peer that leaves while reading rests: noticed at once, and what it had sent is not lost.
#include "net/hangups.h"

#include <gtest/gtest.h>

#include "net/connection_kit.h"
#include "net/sockets.h"

namespace ekws::net {
namespace {

/// Two ends of a TCP connection.
std::pair<Fd, Fd> tcp_pair() {
  const Fd listener = listening();
  Fd client = connecting(port_of(listener.get()));
  Fd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  return {std::move(client), std::move(server)};
}

void reset(Fd& fd) {
  const linger hard{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  fd.reset();
}

TEST(Hangups, TellsOfAFinAndOfAResetOnceBehindUnreadData) {
  for (const bool by_reset : {false, true}) {
    SCOPED_TRACE(by_reset ? "RST" : "FIN");
    Loop loop;
    auto [peer, ours] = tcp_pair();
    int told = 0;
    Hangups::of(loop.io()).watch(ours.get(), [&] { ++told; });
    ASSERT_EQ(::send(peer.get(), "data", 4, 0), 4);
    loop.run_for(Millis(20));
    EXPECT_EQ(told, 0) << "data is no hang-up";
    by_reset ? reset(peer) : peer.reset();
    ASSERT_TRUE(loop.until([&] { return told != 0; }));
    loop.run_for(Millis(20));
    EXPECT_EQ(told, 1);
    char buffer[8];
    EXPECT_EQ(::recv(ours.get(), buffer, sizeof buffer, 0), 4) << "the data is there all the same";
  }
}

TEST(Hangups, DoesNotSpin) {
  Loop loop;
  auto [peer, ours] = tcp_pair();
  ASSERT_EQ(::send(peer.get(), "data", 4, 0), 4);
  Hangups::of(loop.io()).watch(ours.get(), [] {});
  int handlers = 0;
  const auto end = std::chrono::steady_clock::now() + Millis(100);
  while (std::chrono::steady_clock::now() < end) {
    handlers += static_cast<int>(loop.io().run_one_for(Millis(10)));
  }
  EXPECT_LE(handlers, 2);
}

TEST(Hangups, TellsNothingOfAForgottenOne) {
  Loop loop;
  auto [peer, ours] = tcp_pair();
  auto [other_peer, other] = tcp_pair();
  bool told = false;
  bool other_told = false;
  Hangups& hangups = Hangups::of(loop.io());
  hangups.watch(ours.get(), [&] { told = true; });
  hangups.watch(other.get(), [&] { other_told = true; });
  hangups.forget(ours.get());
  hangups.forget(ours.get());
  peer.reset();
  other_peer.reset();
  ASSERT_TRUE(loop.until([&] { return other_told; }));
  EXPECT_FALSE(told);
}

TEST(Hangups, OneThatIsToldMayForgetTheOthers) {
  Loop loop;
  auto [peer, ours] = tcp_pair();
  auto [other_peer, other] = tcp_pair();
  Hangups& hangups = Hangups::of(loop.io());
  int told = 0;
  const auto last_one = [&] {
    ++told;
    hangups.forget(ours.get());
    hangups.forget(other.get());
  };
  hangups.watch(ours.get(), last_one);
  hangups.watch(other.get(), last_one);
  peer.reset();
  other_peer.reset();
  ASSERT_TRUE(loop.until([&] { return told != 0; }));
  loop.run_for(Millis(20));
  EXPECT_EQ(told, 1);
}

TEST(ConnectionHangup, IsToldOnceWhileReadingRestsAndNothingIsLost) {
  in_both_roles([](Role role) {
    Pair pair(role, generous(), 256);
    pair.open();
    pair.owner.room = false;
    for (int i = 0; i < 10; ++i) pair.peer->send(Frame{kText, std::string(200, 'x')});
    pair.peer->send(Frame{kClose, close_payload(1001, "bye")});
    ASSERT_TRUE(pair.until([&] { return pair.peer->pump(); }));
    EXPECT_EQ(pair.owner.left, 0);
    pair.peer->leave();
    ASSERT_TRUE(pair.until([&] { return pair.owner.left != 0; }));
    EXPECT_EQ(pair.owner.closed, 0) << "there is still something to read";
    // Read in two goes: it has left before the second rest already.
    pair.owner.when_message = [&](Connection&) { pair.owner.room = false; };
    pair.owner.room = true;
    pair.connection().resume();
    ASSERT_TRUE(pair.until([&] { return !pair.owner.room; }));
    EXPECT_LT(pair.owner.messages.size(), 10U);
    pair.run_for(Millis(20));
    pair.owner.when_message = nullptr;
    pair.owner.room = true;
    pair.connection().resume();
    ASSERT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.messages.size(), 10U);
    EXPECT_EQ(pair.owner.left, 1);
    EXPECT_EQ(pair.owner.why.code, EKWS_E_PEER_CLOSED) << pair.owner.why.text;
  });
}

TEST(ConnectionHangup, IsNotToldWhereReadingGoesOn) {
  in_both_roles([](Role role) {
    Pair pair(role);
    pair.open();
    pair.peer->send(Frame{kText, "x"});
    ASSERT_TRUE(pair.peer->pump());
    pair.peer->leave();
    ASSERT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.left, 0);
    EXPECT_EQ(pair.owner.messages.size(), 1U);
  });
}

}  // namespace
}  // namespace ekws::net

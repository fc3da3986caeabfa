// What an owner throws fails its connection and no other.
#include <gtest/gtest.h>

#include <new>

#include "net/connection_kit.h"

namespace ekws::net {
namespace {

struct Case {
  const char* what;
  std::function<void()> thrower;
  int code;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

class ConnectionFailure : public ::testing::TestWithParam<Case> {
 protected:
  /// The connection ends with the error, and the loop goes on.
  static void expect_failed(Pair& pair) {
    EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.closed, 1);
    EXPECT_EQ(pair.owner.why.code, GetParam().code) << pair.owner.why.text;
  }
};

TEST_P(ConnectionFailure, InOnMessage) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.owner.when_message = [](Connection&) { GetParam().thrower(); };
    pair.open();
    pair.peer->send(Frame{kText, "x"});
    pair.peer->send(Frame{kText, "y"});
    expect_failed(pair);
    EXPECT_EQ(pair.owner.messages.size(), 1U);
  });
}

TEST_P(ConnectionFailure, InOnOpen) {
  in_every_way([](Way way) {
    Pair pair(way);
    pair.owner.when_open = [](Connection&) { GetParam().thrower(); };
    pair.start();
    if (way.role == Role::server) pair.peer->send(request());
    ASSERT_TRUE(pair.until([&] {
      if (way.role == Role::client && pair.owner.opened == 0 &&
          pair.peer->received().find("\r\n\r\n") != std::string::npos) {
        pair.peer->send(response(pair.peer->received()));
        pair.peer->received().clear();
      }
      return pair.owner.opened == 1;
    }));
    expect_failed(pair);
  });
}

TEST_P(ConnectionFailure, InOnRequest) {
  Pair pair(Role::server);
  pair.owner.when_request = [] { GetParam().thrower(); };
  pair.start();
  pair.peer->send(request());
  expect_failed(pair);
  EXPECT_EQ(pair.owner.opened, 0);
}

INSTANTIATE_TEST_SUITE_P(All, ConnectionFailure,
                         ::testing::Values(Case{"OurOwn",
                                                [] {
                                                  throw Failure({EKWS_E_LIMIT, "a limit"});
                                                },
                                                EKWS_E_LIMIT},
                                           Case{"OutOfMemory", [] { throw std::bad_alloc(); }, EKWS_E_MEMORY},
                                           Case{"AnyOther", [] { throw std::logic_error("oops"); }, EKWS_E_INTERNAL}),
                         [](const auto& given) { return std::string(given.param.what); });

/// Out of memory all along: telling its subscribers fails as well.
class OwnerThatCannotBeTold : public Owner {
 public:
  void on_closed(Connection& connection, const Error& error) override {
    Owner::on_closed(connection, error);
    throw std::bad_alloc();
  }
};

TEST(ConnectionFailureTwice, AnOwnerThatCannotEvenBeToldLeavesNoConnectionBehind) {
  Loop loop;
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  OwnerThatCannotBeTold owner;
  owner.when_message = [](Connection&) { throw std::bad_alloc(); };
  RawPeer peer(Fd(fds[1]), true);
  peer.set_reading(false);  // so that our output is blocked by pongs and a writable socket wakes the connection up
  auto connection = std::make_shared<Connection>(loop.io(), Fd(fds[0]), make_plain_stream(fds[0]), 1, "", generous(),
                                                 owner, std::make_shared<ReadBuffer>(512));
  const std::weak_ptr<Connection> watched = connection;
  connection->start_server();
  connection = nullptr;
  peer.send(request());
  for (int i = 0; i < 10'000; ++i) peer.send(Frame{kPing, std::string(120, 'x')});
  peer.send(Frame{kText, "x"});
  const auto step = [&] {
    peer.pump();
    return owner.closed != 0;
  };
  try {
    EXPECT_TRUE(loop.until(step));
  } catch (const std::bad_alloc&) {
    // As in IoLoop: lost with its handler, the others go on.
  }
  EXPECT_EQ(owner.closed, 1);
  peer.set_reading(true);
  EXPECT_TRUE(loop.until([&] {
    peer.pump();
    return watched.expired();
  }));
}

}  // namespace
}  // namespace ekws::net

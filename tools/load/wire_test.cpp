// Both ends of the program over a pair of sockets: handshake, messages, closing. No port is needed.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "handshake.h"
#include "peer.h"

namespace ekws_load {
namespace {

struct Pair {
  Fd client, server;
};

Pair make_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) throw_errno("socketpair");
  return {Fd(fds[0]), Fd(fds[1])};
}

HandshakeOn on(const Fd& fd) { return {fd.get(), Clock::now() + std::chrono::seconds(10), -1}; }

std::string client_outcome(const Fd& fd, const std::string& target) {
  try {
    handshake_as_client(on(fd), "peer:1", target);
    return "open";
  } catch (const NetError& error) {
    return error.what();
  }
}

TEST(Handshake, BothSidesAgreeAndLeaveTheFirstFrameAlone) {
  Pair pair = make_pair();
  std::thread server([&] {
    handshake_as_server(on(pair.server), "/api/data");
    EXPECT_EQ(::send(pair.server.get(), "frame", 5, MSG_NOSIGNAL), 5);
  });
  EXPECT_EQ(client_outcome(pair.client, "/api/data?k=v"), "open");
  server.join();
  char bytes[16];
  EXPECT_EQ(::recv(pair.client.get(), bytes, sizeof bytes, 0), 5);
}

TEST(Handshake, AnotherPathIs404) {
  Pair pair = make_pair();
  std::string refusal;
  std::thread server([&] {
    try {
      handshake_as_server(on(pair.server), "/api/data");
    } catch (const NetError& error) {
      refusal = error.what();
    }
  });
  EXPECT_EQ(client_outcome(pair.client, "/other"), "handshake with peer:1/other: answered HTTP/1.1 404 Not Found");
  server.join();
  EXPECT_NE(refusal.find("asked for /other, only /api/data is served"), std::string::npos) << refusal;
}

TEST(Handshake, SilentPeerIsGivenUpAtTheDeadline) {
  Pair pair = make_pair();
  const HandshakeOn late{pair.client.get(), Clock::now(), -1};
  EXPECT_THROW(handshake_as_client(late, "peer:1", "/"), NetError);
}

std::unique_ptr<Peer> make_peer(Fd fd, Role role, uint64_t messages) {
  auto cursor = std::make_shared<Cursor>();
  cursor->left = messages;
  return std::make_unique<Peer>(std::move(fd), role, std::move(cursor));
}

TEST(Peer, SendsAllThenClosesInOrder) {
  const Payload payload(PayloadKind::sensor, 0, 1);
  Feed feed(payload, Role::client, false, 0);
  Pair pair = make_pair();
  auto client = make_peer(std::move(pair.client), Role::client, 10000);
  std::string received;
  size_t closes = 0;
  FrameReader reader([&](Opcode opcode, const std::string&) { closes += opcode == Opcode::close; });
  bool answered = false;
  // The peer reads slowly, so the socket fills and the client has to wait: nothing may be lost by that.
  for (int round = 0; round < 100000 && !client->over(); round++) {
    if (client->blocked()) {
      client->flush();
    } else if (!client->exhausted()) {
      client->send(feed, UINT64_MAX, 65536);
    } else {
      client->start_close();
    }
    char bytes[4096];
    ssize_t n = ::recv(pair.server.get(), bytes, sizeof bytes, 0);
    if (n > 0) {
      received.append(bytes, static_cast<size_t>(n));
      ASSERT_TRUE(reader.feed(bytes, static_cast<size_t>(n)));
    }
    if (closes == 1 && !answered) {
      answered = true;
      EXPECT_EQ(::send(pair.server.get(), "\x88\x02\x03\xe8", 4, MSG_NOSIGNAL), 4);
    }
    client->receive();
  }
  EXPECT_EQ(client->state(), Peer::State::finished) << client->error();
  EXPECT_EQ(client->sent(), 10000u);
  EXPECT_EQ(closes, 1u);
}

TEST(Peer, AnswersPing) {
  Pair pair = make_pair();
  auto client = make_peer(std::move(pair.client), Role::client, 1);
  EXPECT_EQ(::send(pair.server.get(), "\x89\x02hi", 4, MSG_NOSIGNAL), 4);
  client->receive();
  std::string pong;
  char bytes[64];
  ssize_t n = ::recv(pair.server.get(), bytes, sizeof bytes, 0);
  ASSERT_GT(n, 0);
  FrameReader reader([&](Opcode opcode, const std::string& payload) {
    if (opcode == Opcode::pong) pong = payload;
  });
  ASSERT_TRUE(reader.feed(bytes, static_cast<size_t>(n)));
  EXPECT_EQ(pong, "hi");
}

TEST(Peer, SaysHowItWasLeft) {
  Pair pair = make_pair();
  auto client = make_peer(std::move(pair.client), Role::client, 1);
  EXPECT_EQ(::send(pair.server.get(), "\x88\x07\x03\xe9gone!", 9, MSG_NOSIGNAL), 9);
  client->receive();
  EXPECT_EQ(client->state(), Peer::State::left);
  EXPECT_EQ(client->error(), "closed with 1001 (gone!)");

  Pair second = make_pair();
  auto other = make_peer(std::move(second.client), Role::client, 1);
  second.server = Fd();
  other->receive();
  EXPECT_EQ(other->state(), Peer::State::failed);
  EXPECT_EQ(other->error(), "ended the connection");
}

}  // namespace
}  // namespace ekws_load

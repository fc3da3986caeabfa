// The loop against a peer in another thread, over a pair of sockets.
#include "loop.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "frame_reader.h"

namespace ekws_load {
namespace {

struct Pair {
  Fd ours, theirs;
};

Pair make_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) throw_errno("socketpair");
  return {Fd(fds[0]), Fd(fds[1])};
}

Args sending(uint64_t messages) {
  Args args;
  args.messages = messages;
  args.close_timeout = 20;
  return args;
}

std::unique_ptr<Peer> make_peer(Fd fd, Role role, std::shared_ptr<Cursor> cursor) {
  return std::make_unique<Peer>(std::move(fd), role, std::move(cursor));
}

std::shared_ptr<Cursor> cursor_of(uint64_t messages) {
  auto cursor = std::make_shared<Cursor>();
  cursor->left = messages;
  return cursor;
}

/// Reads until a close frame comes, then calls `answer`; gives the number of bytes read.
template <class Answer>
size_t read_to_close(int fd, Answer answer) {
  size_t total = 0;
  bool closed = false;
  FrameReader reader([&](Opcode opcode, const std::string&) { closed = closed || opcode == Opcode::close; });
  char bytes[1000];
  while (!closed && wait_ready(fd, POLLIN, Clock::now() + std::chrono::seconds(20), -1)) {
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) break;
    total += static_cast<size_t>(n);
    if (!reader.feed(bytes, static_cast<size_t>(n))) break;
  }
  if (closed) answer();
  return total;
}

TEST(Loop, WaitsForThePeersCloseFrame) {
  Signals signals;
  Loop loop(sending(1), Role::server, signals);
  Pair pair = make_pair();
  std::thread peer([&] {
    read_to_close(pair.theirs.get(), [&] {
      // Pongs that are not asked for turn the loop a few times before the close frame is answered.
      for (int i = 0; i < 3; i++) EXPECT_EQ(::send(pair.theirs.get(), "\x8a\x80****", 6, MSG_NOSIGNAL), 6);
      EXPECT_EQ(::send(pair.theirs.get(), "\x88\x80****", 6, MSG_NOSIGNAL), 6);
    });
  });
  loop.add(make_peer(std::move(pair.ours), Role::server, cursor_of(1)));
  EXPECT_EQ(loop.run(1), 0);
  peer.join();
}

TEST(Loop, PeerThatJustGoesIsAFailure) {
  Signals signals;
  Loop loop(sending(1), Role::server, signals);
  Pair pair = make_pair();
  std::thread peer([&] {
    read_to_close(pair.theirs.get(), [] {});
    pair.theirs = Fd();
  });
  loop.add(make_peer(std::move(pair.ours), Role::server, cursor_of(1)));
  EXPECT_EQ(loop.run(1), 1);
  peer.join();
}

TEST(Loop, PeerThatNeverAnswersIsGivenUp) {
  Signals signals;
  Args args = sending(1);
  args.close_timeout = 0.05;
  Loop loop(args, Role::server, signals);
  Pair pair = make_pair();
  loop.add(make_peer(std::move(pair.ours), Role::server, cursor_of(1)));
  EXPECT_EQ(loop.run(1), 1);
}

TEST(Loop, ConnectionsShareOneSequence) {
  Signals signals;
  Loop loop(sending(5000), Role::client, signals);
  Pair pairs[3] = {make_pair(), make_pair(), make_pair()};
  size_t bytes[3] = {};
  std::vector<std::thread> peers;
  auto cursor = cursor_of(5000);
  for (int i = 0; i < 3; i++) {
    peers.emplace_back([&, i] {
      const int fd = pairs[i].theirs.get();
      bytes[i] = read_to_close(fd, [fd] { EXPECT_EQ(::send(fd, "\x88\x00", 2, MSG_NOSIGNAL), 2); });
    });
    loop.add(make_peer(std::move(pairs[i].ours), Role::client, cursor));
  }
  EXPECT_EQ(loop.run(3), 0);
  for (auto& peer : peers) peer.join();
  // Each message goes over one of them, the close frame (8 bytes) over all.
  const Payload payload(PayloadKind::sensor, 0, 1);
  Feed feed(payload, Role::client, false, 0);
  Chunk all;
  feed.fill(all, 1, 5000, 1 << 20);
  EXPECT_EQ(bytes[0] + bytes[1] + bytes[2], all.data.size() + 3 * 8);
}

// A peer that dials again right after it was served would get everything a second time: what it counts would be wrong.
TEST(Loop, ServesNobodyMoreOnceLimitedSendingHasBegun) {
  Signals signals;
  Loop loop(sending(10), Role::server, signals);
  Fd listener = listen_on("127.0.0.1", 0);
  const std::string name = local_name(listener.get());
  const auto port = static_cast<uint16_t>(std::stoi(name.substr(name.rfind(':') + 1)));
  loop.watch(std::move(listener), [&](int fd) {
    while (Fd accepted = accept_one(fd)) loop.add(make_peer(std::move(accepted), Role::server, cursor_of(10)));
  });
  const auto deadline = Clock::now() + std::chrono::seconds(20);
  bool refused = false;
  std::thread peer([&] {
    Fd fd = dial("127.0.0.1", port, deadline, -1);
    Fd again;
    read_to_close(fd.get(), [&] {
      try {
        again = dial("127.0.0.1", port, deadline, -1);
      } catch (const NetError&) {
        refused = true;
      }
      EXPECT_EQ(::send(fd.get(), "\x88\x80****", 6, MSG_NOSIGNAL), 6);
    });
  });
  EXPECT_EQ(loop.run(1), 0);
  peer.join();
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace ekws_load

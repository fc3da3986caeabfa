// Peers that leave, and us leaving them: told as what it is, and nothing is lost that could be delivered.
#include <gmock/gmock.h>

#include <thread>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::HasSubstr;

/// With who reads: texts name it.
std::string labelled(std::string config) {
  config.insert(1, R"("label":"rule r1",)");
  return config;
}

constexpr const char* kOneAtATime = R"(,"queueMessages":1)";
/// The same, where what a peer has sent may take its time to be thrown away.
constexpr const char* kOneAtATimeThenSlowly = R"(,"queueMessages":1,"closeTimeout":"30s")";
constexpr int kMessages = 20;

/// Less than a KiB, so that the peer's end comes with it, whatever the kernel's window. The first one fills the queue,
/// so that reading rests with the others left.
void send_all(Peer& peer, Reader& reader) {
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_TRUE(peer.send(std::to_string(i) + std::string(40, 'x')));
    ASSERT_TRUE(i > 0 || reader.until_events([&] { return reader.stats().queued_messages > 0; }));
  }
}

void expect_all(Reader& reader) {
  ASSERT_TRUE(reader.until_messages(kMessages)) << "what it sent before is delivered";
  const auto messages = reader.messages();
  for (int i = 0; i < kMessages; ++i) {
    EXPECT_THAT(messages[static_cast<std::size_t>(i)].payload, ::testing::StartsWith(std::to_string(i) + "x"));
  }
}

TEST(Leaving, APeerOfAServerThatIsNotRead) {
  const auto port = free_port();
  Reader reader(labelled(server_config(port, "/x", kOneAtATime)));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x");
  send_all(*peer, reader);
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().paused == 1; }));
  peer->drop();
  EXPECT_TRUE(reader.until_events([&] {
    return reader.has_log("the peer has left while it was not read from, since rule r1 is behind");
  })) << "though nobody reads\n"
      << reader.story();
  expect_all(reader);
}

// Devices that connect again and again while a rule is blocked must not take the port from the other streams.
TEST(Leaving, ThoseOfOnePathLeaveRoomForTheOthers) {
  constexpr const char* limit = R"(,"queueMessages":1,"maxConnections":20)";
  const auto port = free_port();
  Reader blocked(labelled(server_config(port, "/x", limit)));
  blocked.start();
  ASSERT_TRUE(blocked.until_state(EKWS_STATE_CONNECTED));
  Reader healthy(server_config(port, "/y", limit));
  healthy.start();
  ASSERT_TRUE(healthy.until_state(EKWS_STATE_CONNECTED));
  const auto peers_left = [&] {
    return std::count_if(blocked.events.begin(), blocked.events.end(),
                         [](const Record& r) { return r.payload.find("the peer has left") != std::string::npos; });
  };
  for (int i = 0; i < 3; ++i) {  // more than a tenth
    const auto peer = Peer::connect(port, "/x");
    ASSERT_EQ(peer->status(), 101);
    if (i == 0) send_all(*peer, blocked);
    ASSERT_TRUE(peer->send("the last"));
    ASSERT_TRUE(blocked.until_events([&] { return blocked.stats().paused == 1; }));
    peer->drop();
    ASSERT_TRUE(blocked.until_events([&] { return peers_left() == i + 1; })) << blocked.story();
  }
  EXPECT_EQ(Peer::connect(port, "/x")->status(), 503);
  EXPECT_TRUE(blocked.until_events([&] {
    return blocked.has_log(
        "refused with HTTP 503: who reads from this path is behind, and more than 2 peers of this path have left "
        "with what they sent unread (a tenth of maxConnections)");
  })) << blocked.story();
  const auto other = Peer::connect(port, "/y");
  EXPECT_EQ(other->status(), 101);
  ASSERT_TRUE(blocked.until_messages(kMessages + 3)) << "nothing of those that left is lost";
  ASSERT_TRUE(blocked.until([&] { return blocked.stats().connections == 0; }));
  EXPECT_EQ(Peer::connect(port, "/x")->status(), 101) << "all is read";
}

TEST(Leaving, APeerOfAClientThatIsNotRead) {
  Listener listener;
  Reader reader(labelled(client_config(listener.port(), "/x", kOneAtATime)));
  reader.start();
  const auto peer = listener.accept();
  send_all(*peer, reader);
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().paused == 1; }));
  peer->drop();
  EXPECT_TRUE(
      reader.until_state(EKWS_STATE_DISCONNECTED, "the peer has left while it was not read from, since rule r1"))
      << "though nobody reads\n"
      << reader.story();
  expect_all(reader);
  EXPECT_TRUE(listener.accept()) << "and connects again when all is read";
  EXPECT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
}

// Data that we have not read must not turn our close into a reset, which would take the 1001 with it.
TEST(Leaving, OursReachesAPeerThatWeDidNotRead) {
  const auto port = free_port();
  auto reader = std::make_unique<Reader>(server_config(port, "/x", kOneAtATimeThenSlowly));
  reader->start();
  ASSERT_TRUE(reader->until_state(EKWS_STATE_CONNECTED));
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(Peer::connect(port, "/x"));
    send_all(*peers.back(), *reader);
  }
  ASSERT_TRUE(reader->until_events([&] { return reader->stats().paused == 1; }));
  reader->close();
  for (const auto& peer : peers) EXPECT_EQ(peer->read_to_close(), 1001);
}

TEST(Leaving, OursReachesAPeerThatIsStillSending) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", kOneAtATimeThenSlowly));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  int code = 0;
  std::thread sender([&] {
    const auto peer = Peer::connect(port, "/x");
    peer->send(std::string(16U << 20U, 'x'));  // more than the kernel holds: ends when we throw it away
    code = peer->read_to_close();
  });
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().connections == 1; }));
  reader.close();
  sender.join();
  EXPECT_EQ(code, 1001);
}

TEST(Joining, ALateOneIsToldWhatTheOthersWereTold) {
  const auto port = free_port();
  Reader one(client_config(port, "/x"));
  one.start();
  ASSERT_TRUE(one.until_state(EKWS_STATE_DISCONNECTED, "Connection refused"));
  Reader other(client_config(port, "/x"));
  other.start();
  EXPECT_TRUE(other.until_state(EKWS_STATE_DISCONNECTED, "Connection refused")) << other.story();
}

TEST(Joining, APatternThatIsPassedOverIsToldSo) {
  const auto port = free_port();
  Reader first(server_config(port, "/{a}/data"));
  first.start();
  Reader second(server_config(port, "/x/{b}"));
  second.start();
  Reader plain(server_config(port, "/y/data"));
  plain.start();
  ASSERT_TRUE(plain.until_state(EKWS_STATE_CONNECTED));
  EXPECT_EQ(Peer::connect(port, "/x/other")->status(), 101);
  EXPECT_EQ(Peer::connect(port, "/y/data")->status(), 101);
  EXPECT_EQ(Peer::connect(port, "/x/data")->status(), 101);
  EXPECT_EQ(Peer::connect(port, "/x/data")->status(), 101);
  const std::string text = "the paths /{a}/data and /x/{b} both fit /x/data";
  EXPECT_TRUE(second.until_events([&] { return second.has_log(text); })) << second.story();
  EXPECT_TRUE(first.until_events([&] { return first.has_log(text); })) << first.story();
  std::size_t told = 0;
  for (const Record& event : second.events) told += event.payload.find("both fit") != std::string::npos ? 1 : 0;
  EXPECT_EQ(told, 1U) << second.story();
  EXPECT_FALSE(plain.has_log("both fit")) << "a plain path comes first, and is meant to";
}

TEST(Refused, RetryAfterIsHonoured) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));  // which would try again after 10 ms
  reader.start();
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(listener.answer("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "HTTP 503 Busy instead of 101; it says when to try again"))
      << reader.story();
  EXPECT_TRUE(reader.has_state(EKWS_STATE_DISCONNECTED, "later ones up to 1.1 s apart")) << reader.story();
  EXPECT_TRUE(listener.accept());
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(900));
}

TEST(Refused, ARedirectIsToldAndNotFollowed) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));
  reader.start();
  ASSERT_TRUE(listener.answer("HTTP/1.1 307 Temporary Redirect\r\nLocation: ws://elsewhere:1/y\r\n\r\n"));
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "it points to ws://elsewhere:1/y, which is not followed"))
      << reader.story();
  EXPECT_TRUE(listener.accept()) << "it is asked again";
}

// Each is waited out: the client is connected in the end.
TEST(Refused, WhateverAServerDoesInsteadIsWaitedOut) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x", R"(,"handshakeTimeout":"10s")"));
  reader.start();
  for (const std::string& answer :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), std::string("HTTP/1.1 401 Unauthorized\r\n\r\n"),
        std::string("\x15\x03\x01\x00\x02\x02\x46", 7), std::string("garbage"), std::string(64 * 1024, 'H'),
        std::string("")}) {
    ASSERT_TRUE(listener.answer(answer)) << reader.story();
  }
  EXPECT_TRUE(listener.accept());
  EXPECT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
}

TEST(Refused, ATlsClientAtAPlainPortIsToldAtOnce) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", R"(,"handshakeTimeout":"10m")"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  EXPECT_THAT(::exchange(port, std::string("\x16\x03\x01\x02\x00\x01", 6)), HasSubstr("\x15\x03"));
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("did not get in: the peer speaks TLS"); }))
      << reader.story();
}

}  // namespace

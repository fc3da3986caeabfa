// permessage-deflate (RFC 7692) with peers whose compressor is not ours, in both roles.
#include <gmock/gmock.h>

#include <future>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kOn = R"(,"compression":true)";

websocket::permessage_deflate compressing(int bits = 15, bool context = true) {
  websocket::permessage_deflate option;
  option.client_enable = option.server_enable = true;
  option.client_max_window_bits = option.server_max_window_bits = bits;
  option.client_no_context_takeover = option.server_no_context_takeover = !context;
  return option;
}

std::string json(int i) { return R"({"sensor":"boiler","temperature":)" + std::to_string(i % 100) + "}"; }

/// Sends all kinds of messages and checks that they arrive as they were.
void expect_delivery(Peer& peer, Reader& reader) {
  std::vector<std::pair<std::string, bool>> sent;
  std::string large;
  for (int i = 0; i < 20'000; ++i) large += json(i * i);
  sent.emplace_back("", false);
  sent.emplace_back(std::string("\0\xff", 2), true);
  for (int i = 0; i < 300; ++i) sent.emplace_back(json(i), i % 2 == 1);
  sent.emplace_back(large, false);  // goes out in many frames
  sent.emplace_back(large, true);
  sent.emplace_back("\xe6\xb8\xa9\xe5\xba\xa6", false);
  for (const auto& [payload, binary] : sent) ASSERT_TRUE(peer.send(payload, binary)) << peer.error().message();
  ASSERT_TRUE(reader.until_messages(sent.size())) << reader.story();
  const auto got = reader.messages();
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_EQ(got[i].payload, sent[i].first) << i;
    ASSERT_EQ(got[i].kind, sent[i].second ? EKWS_BINARY : EKWS_TEXT) << i;
  }
}

TEST(Compression, ServerTakesWhatClientsCompress) {
  for (const int bits : {9, 12, 15}) {
    for (const bool context : {true, false}) {
      for (const char* window : {"", R"(,"compressionWindowBits":10)", R"(,"compressionWindowBits":0)"}) {
        SCOPED_TRACE(std::to_string(bits) + (context ? " bits, context" : " bits, afresh") + window);
        const auto port = free_port();
        Reader reader(server_config(port, "/x", kOn + std::string(window)));
        reader.start();
        ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
        const auto peer = Peer::connect(port, "/x", kPeerDeadline, compressing(bits, context));
        ASSERT_EQ(peer->status(), 101);
        EXPECT_THAT(peer->extensions(), HasSubstr("permessage-deflate"));
        expect_delivery(*peer, reader);
      }
    }
  }
}

TEST(Compression, ClientTakesWhatServersCompress) {
  for (const int bits : {9, 12, 15}) {
    for (const bool context : {true, false}) {
      for (const char* window : {"", R"(,"compressionWindowBits":10)", R"(,"compressionWindowBits":0)"}) {
        SCOPED_TRACE(std::to_string(bits) + (context ? " bits, context" : " bits, afresh") + window);
        Listener listener;
        listener.set_compression(compressing(bits, context));
        Reader reader(client_config(listener.port(), "/x", kOn + std::string(window)));
        reader.start();
        const auto peer = listener.accept();
        ASSERT_TRUE(peer);
        EXPECT_THAT(std::string(peer->request()["Sec-WebSocket-Extensions"]), HasSubstr("permessage-deflate"));
        ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
        expect_delivery(*peer, reader);
      }
    }
  }
}

TEST(Compression, IsOffByDefault) {
  const auto port = free_port();
  Reader server(server_config(port, "/x"));
  server.start();
  ASSERT_TRUE(server.until_state(EKWS_STATE_CONNECTED));
  const auto client = Peer::connect(port, "/x", kPeerDeadline, compressing());
  EXPECT_EQ(client->extensions(), "");
  ASSERT_TRUE(client->send("as it is"));
  ASSERT_TRUE(server.until_messages(1));

  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));
  reader.start();
  const auto peer = listener.accept();
  EXPECT_EQ(peer->request()["Sec-WebSocket-Extensions"], "");
}

TEST(Compression, PeersThatCannotGoOnWithoutIt) {
  const auto port = free_port();
  Reader server(server_config(port, "/x", kOn));
  server.start();
  ASSERT_TRUE(server.until_state(EKWS_STATE_CONNECTED));
  const auto client = Peer::connect(port, "/x");
  ASSERT_TRUE(client->send("as it is"));
  EXPECT_TRUE(server.until_messages(1));

  Listener listener;
  Reader reader(client_config(listener.port(), "/x", kOn));
  reader.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer->send("as it is"));
  EXPECT_TRUE(reader.until_messages(1));
}

TEST(Compression, TheLimitIsThatOfTheInflatedMessage) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", kOn + std::string(R"(,"maxMessageBytes":"1MiB")")));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x", kPeerDeadline, compressing());
  ASSERT_TRUE(peer->send(std::string(1U << 20U, 'x')));
  ASSERT_TRUE(reader.until_messages(1));
  peer->send(std::string((1U << 20U) + 1, 'x'));
  EXPECT_EQ(peer->read_to_close(), 1009);
  EXPECT_THAT(peer->close_reason(), AllOf(HasSubstr("1048576"), HasSubstr("maxMessageBytes")));
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("maxMessageBytes"); })) << reader.story();
}

TEST(Compression, BelongsToTheListener) {
  const auto port = free_port();
  Reader first(server_config(port, "/x", kOn));
  first.start();
  const std::string without = server_config(port, "/y");
  Reader second(without);
  EXPECT_EQ(ekws_start(second.handle(), &second.error), EKWS_E_CONFIG_CONFLICT);
  EXPECT_THAT(second.error.text, HasSubstr("compression: false differs from true"));
  Reader third(server_config(port, "/y", kOn + std::string(R"(,"compressionWindowBits":10)")));
  EXPECT_EQ(ekws_start(third.handle(), &third.error), EKWS_E_CONFIG_CONFLICT);
  EXPECT_THAT(third.error.text, HasSubstr("compressionWindowBits: 10 differs from 15"));
}

TEST(Compression, BelongsToTheClientsConnection) {
  Listener listener;
  Reader first(client_config(listener.port(), "/x"));
  first.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer);
  for (const char* more : {kOn, R"(,"compression":true,"compressionWindowBits":10)"}) {
    Reader other(client_config(listener.port(), "/x", more));
    other.start();
    const auto its_peer = listener.accept();
    EXPECT_TRUE(its_peer) << more << ": a connection of its own";
    other.close();  // before its peer goes, or it would dial again
  }
}

// The core leaves in the socket what it has no room for, though that is a thousandth of what it becomes; nothing is
// lost.
TEST(Compression, AFullQueueHoldsUpTheSender) {
  constexpr std::size_t kMessages = 400;
  constexpr std::size_t kSize = 100'000;
  const auto port = free_port();
  Reader reader(server_config(port, "/x", kOn + std::string(R"(,"queueBytes":"1MiB")")));
  Reader neighbour(server_config(port, "/y", kOn));
  reader.start();
  neighbour.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  ASSERT_TRUE(neighbour.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x", kPeerDeadline, compressing());
  // All of it fits into most kernels' buffers, but not into every one's.
  auto sending = std::async(std::launch::async, [&] {
    for (std::size_t i = 0; i < kMessages; ++i) {
      if (!peer->send(std::to_string(i) + std::string(kSize, ' '))) return peer->error().message();
    }
    return std::string();
  });
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().paused != 0; }));
  // Who is let in at the same port has had a turn of the loop, in which a core that reads on would have done so.
  ASSERT_EQ(Peer::connect(port, "/y")->status(), 101);
  // What one read becomes, at most a thousandfold, comes on top of the mark.
  EXPECT_LT(reader.stats().queued_bytes, 6U << 20U);
  ASSERT_TRUE(reader.until_messages(kMessages, std::chrono::seconds(60)));
  EXPECT_EQ(sending.get(), "");
  const auto got = reader.messages();
  for (std::size_t i = 0; i < kMessages; ++i) ASSERT_EQ(std::stoul(got[i].payload), i);
}

}  // namespace

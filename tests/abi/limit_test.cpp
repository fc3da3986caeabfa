// Each limit: what the peer is told, what the reader sees, which counter counts, and that others are not touched.
#include <gmock/gmock.h>

#include <algorithm>

#include "peer.h"
#include "ports.h"
#include "reader.h"
#include "support/descriptors.h"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string request(const std::string& path, const std::string& host = "h") {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

/// A server of one path, /x, and its port.
class Limit : public ::testing::Test {
 protected:
  Reader& serve(const std::string& limits) {
    reader_ = std::make_unique<Reader>(server_config(port, "/x", limits));
    reader_->start();
    EXPECT_TRUE(reader_->until_state(EKWS_STATE_CONNECTED)) << reader_->story();
    return *reader_;
  }
  std::unique_ptr<Peer> connect() { return Peer::connect(port, "/x"); }

  const std::uint16_t port = free_port();

 private:
  std::unique_ptr<Reader> reader_;
};

TEST_F(Limit, ConnectionsInAll) {
  Reader& reader = serve(R"(,"maxConnections":2)");
  const auto one = connect();
  const auto other = connect();
  EXPECT_THAT(::exchange(port, request("/x")),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 10\r\n"), HasSubstr("maxConnections")));
  EXPECT_EQ(connect()->status(), 503);
  EXPECT_EQ(reader.stats().refused_connections, 2U);
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("there are 2 connections (maxConnections)"); }))
      << reader.story();
  other->drop();
  ASSERT_TRUE(reader.until([&] { return reader.stats().connections == 1; }));
  const auto next = connect();
  EXPECT_EQ(next->status(), 101);
  ASSERT_TRUE(one->send("still there"));
  EXPECT_TRUE(reader.until_messages(1));
}

// Those that are told so cost something, too: there is a bound, and beyond it they are just closed.
TEST_F(Limit, ConnectionsThatAreTurnedAway) {
  Reader& reader = serve(R"(,"maxConnections":1)");
  const auto one = connect();
  std::vector<Socket> silent;
  const sockaddr_in address = loopback(port);
  for (int i = 0; i < 100; ++i) {
    silent.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(silent.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(reader.until([&] { return reader.stats().refused_connections == 100; }));
  EXPECT_EQ(::exchange(port, request("/x")), "");
  ASSERT_TRUE(one->send("still there"));
  EXPECT_TRUE(reader.until_messages(1));
}

TEST_F(Limit, ConnectionsFromOneAddress) {
  Reader& reader = serve(R"(,"maxConnectionsPerIp":2)");
  const auto one = connect();
  const auto other = connect();
  EXPECT_THAT(::exchange(port, request("/x")), AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("Retry-After: 10\r\n"),
                                                     HasSubstr("127.0.0.1 (maxConnectionsPerIp)")));
  EXPECT_EQ(reader.stats().refused_connections, 1U);
  other->drop();
  ASSERT_TRUE(reader.until([&] { return reader.stats().connections == 1; }));
  EXPECT_EQ(connect()->status(), 101);
}

TEST_F(Limit, ConnectionsFromOneNetworkOfIpv6) {
  Reader reader(R"({"props":{"httpServerIp":"::1","httpServerPort":)" + std::to_string(port) +
                R"(,"datasource":"/x","maxConnectionsPerIp":1}})");
  reader.start();
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(port);
  const auto connected = [&] {
    Socket socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const std::string handshake = request("/x");
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(socket.get(), handshake.data(), handshake.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(handshake.size()));
    return socket;
  };
  if (!reader.until_state(EKWS_STATE_CONNECTED)) GTEST_SKIP() << "no IPv6 here\n" << reader.story();
  Socket one = connected();
  ASSERT_TRUE(reader.until([&] { return reader.stats().connections == 1; }));
  const Socket other = connected();
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("from ::/64 (maxConnectionsPerIp)"); }))
      << reader.story();
  one.close();
  ASSERT_TRUE(reader.until([&] { return reader.stats().connections == 0; }));
  const Socket next = connected();
  EXPECT_TRUE(reader.until([&] { return reader.stats().connections == 1; })) << "its place is free again";
}

TEST_F(Limit, HandshakeTimeToADrippingPeer) {
  Reader& reader = serve(R"(,"handshakeTimeout":100)");
  const Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(reader.until([&] {
    ::send(socket.get(), "G", 1, MSG_NOSIGNAL);
    return reader.stats().handshake_timeouts == 1;
  }));
  EXPECT_EQ(reader.stats().failed_handshakes, 0U);
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("handshakeTimeout"); })) << reader.story();
}

TEST_F(Limit, HandshakeSize) {
  Reader& reader = serve("");
  EXPECT_THAT(::exchange(port, "GET /x HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(reader.stats().failed_handshakes, 1U);
}

/// "/x" with as many parameters, 3 bytes each.
std::string with_parameters(int count) {
  const std::string digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
  std::string target = "/x?";
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    target += {digits[i / digits.size()], digits[i % digits.size()], '&'};
  }
  return target;
}

// What a request gives meta() the host gets with each message, for a frame of 6 bytes as well.
TEST_F(Limit, MetadataOfARequest) {
  Reader& reader = serve("");
  EXPECT_THAT(::exchange(port, request(with_parameters(4000))),
              AllOf(StartsWith("HTTP/1.1 414 "), HasSubstr("path and query are longer than 4096 bytes")));
  EXPECT_THAT(::exchange(port, request(with_parameters(65))),
              AllOf(StartsWith("HTTP/1.1 414 "), HasSubstr("the query has more than 64 parameters")));
  EXPECT_THAT(::exchange(port, request("/x?" + std::string(3000, 'q'), std::string(3000, 'h'))),
              AllOf(StartsWith("HTTP/1.1 431 "), HasSubstr("more than 4096 bytes of metadata")));
  EXPECT_EQ(reader.stats().failed_handshakes, 3U);
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("the query has more than 64 parameters"); }))
      << reader.story();
  const auto peer = Peer::connect(port, with_parameters(64));
  ASSERT_EQ(peer->status(), 101);
  ASSERT_TRUE(peer->send("x"));
  ASSERT_TRUE(reader.until_messages(1));
  EXPECT_THAT(reader.data[0].payload, AllOf(HasSubstr(R"("00":"")"), HasSubstr(R"("0_":"")")));
}

TEST_F(Limit, MessageSize) {
  Reader& reader = serve(R"(,"maxMessageBytes":1000)");
  const auto peer = connect();
  ASSERT_TRUE(peer->send(std::string(1001, 'x')));
  EXPECT_EQ(peer->read_to_close(), 1009);
  EXPECT_TRUE(reader.until([&] { return reader.stats().too_big_messages == 1; }));
}

TEST_F(Limit, Fragments) {
  Reader& reader = serve(R"(,"maxFragments":3)");
  const auto peer = connect();
  for (const bool last : {false, false, true}) ASSERT_TRUE(peer->send_part("x", last));
  ASSERT_TRUE(reader.until_messages(1));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(peer->send_part("", false));
  EXPECT_EQ(peer->read_to_close(), 1008);
  EXPECT_THAT(peer->close_reason(), HasSubstr("maxFragments"));
  EXPECT_TRUE(reader.until([&] { return reader.stats().too_many_fragments == 1; }));
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("3 frames (maxFragments); closed with 1008"); }));
}

TEST_F(Limit, FragmentTime) {
  Reader& reader = serve(R"(,"fragmentTimeout":50)");
  const auto peer = connect();
  ASSERT_TRUE(peer->send_part("x", false));
  EXPECT_EQ(peer->read_to_close(), 1008);
  EXPECT_THAT(peer->close_reason(), HasSubstr("fragmentTimeout"));
  EXPECT_TRUE(reader.until([&] { return reader.stats().fragment_timeouts == 1; }));
}

TEST_F(Limit, BytesOfUnfinishedMessagesClosesTheLargest) {
  Reader& reader = serve(R"(,"maxBufferedBytes":"64KiB")");
  const auto small = connect();
  const auto large = connect();
  const auto last = connect();
  ASSERT_TRUE(small->send_part(std::string(10'000, 'a'), false));
  ASSERT_TRUE(large->send_part(std::string(40'000, 'b'), false));
  ASSERT_TRUE(last->send_part(std::string(20'000, 'c'), false));
  EXPECT_EQ(large->read_to_close(), 1013);
  EXPECT_THAT(large->close_reason(), HasSubstr("maxBufferedBytes"));
  EXPECT_TRUE(reader.until([&] { return reader.stats().buffer_limits == 1; }));
  ASSERT_TRUE(small->send_part("", true));
  ASSERT_TRUE(last->send_part("", true));
  ASSERT_TRUE(reader.until_messages(2)) << "the others are delivered";
  // What was delivered, and what was closed, does not count any more.
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(small->send_part(std::string(60'000, 'a'), false));
    ASSERT_TRUE(small->send_part("", true));
  }
  EXPECT_TRUE(reader.until_messages(7));
  EXPECT_EQ(reader.stats().buffer_limits, 1U);
}

TEST_F(Limit, TimeWithoutAMessage) {
  Reader& reader = serve(R"(,"idleTimeout":50)");
  EXPECT_EQ(connect()->read_to_close(), 1001);
  EXPECT_TRUE(reader.until([&] { return reader.stats().idle_timeouts == 1; }));
}

TEST(LimitOfAClient, TimeWithoutAMessageConnectsAgain) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x", R"(,"idleTimeout":50)"));
  reader.start();
  const auto silent = listener.accept();
  EXPECT_EQ(silent->read_to_close(), 1001);
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "50 ms (idleTimeout)")) << reader.story();
  EXPECT_TRUE(listener.accept());
}

TEST_F(Limit, ProtocolAndHeartbeatHaveCountersToo) {
  Reader& reader = serve(R"(,"pingInterval":20,"pongTimeout":50)");
  const auto deaf = connect();
  EXPECT_TRUE(reader.until([&] { return reader.stats().pong_timeouts == 1; }));
  EXPECT_THAT(::exchange(port, request("/x") + std::string("\x83\x80mask", 6)), HasSubstr("\x03\xea"));  // 1002
  EXPECT_TRUE(reader.until([&] { return reader.stats().protocol_errors == 1; }));
}

int warnings(const Reader& reader, const std::string& text) {
  return static_cast<int>(std::count_if(reader.events.begin(), reader.events.end(), [&](const Record& r) {
    return r.kind == EKWS_LOG && r.arg == EKWS_LOG_WARN && r.payload.find(text) != std::string::npos;
  }));
}

// One that connects, breaks the protocol and connects again must not fill the log.
TEST_F(Limit, TheSameFaultOfManyPeersIsWarnedOfOnce) {
  Reader& reader = serve("");
  for (int i = 0; i < 5; ++i) ::exchange(port, request("/x") + std::string("\x83\x80mask", 6));
  ASSERT_TRUE(reader.until([&] { return reader.stats().protocol_errors == 5; }));
  const auto peer = connect();
  ASSERT_TRUE(peer->send("\xff"));
  EXPECT_EQ(peer->read_to_close(), 1007);
  ASSERT_TRUE(reader.until_events([&] { return warnings(reader, "UTF-8") == 1; })) << "another fault is told";
  EXPECT_EQ(warnings(reader, " left: "), 2) << reader.story();
}

// A caller that was built against the header before the counters gets the fields that it knows.
TEST_F(Limit, AnOlderCallerGetsWhatItKnows) {
  const Reader& reader = serve("");
  ekws_stats stats{};
  stats.struct_size = offsetof(ekws_stats, refused_connections);
  stats.refused_connections = 77;
  ASSERT_EQ(ekws_stats_get(reader.handle(), &stats, nullptr), EKWS_OK);
  EXPECT_EQ(stats.struct_size, offsetof(ekws_stats, refused_connections));
  EXPECT_EQ(stats.refused_connections, 77U);
}

// Connections that wait for a descriptor each get one as it becomes free: that is no end of the trouble.
TEST(OutOfDescriptors, AListenerAtTheLimitSaysSoOnce) {
  constexpr int waiting = 6;
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
  std::vector<Socket> clients;
  std::vector<Socket> spares;
  for (int i = 0; i < waiting; ++i) {
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    spares.emplace_back(::dup(clients.back().get()));
  }
  {
    const ekws::test::NoMoreDescriptors none;
    const sockaddr_in address = loopback(port);
    const std::string handshake = request("/x");
    for (const Socket& client : clients) {
      ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      ASSERT_EQ(::send(client.get(), handshake.data(), handshake.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(handshake.size()));
    }
    const std::string trouble = "cannot accept connections: Too many open files";
    ASSERT_TRUE(reader.until_events([&] { return warnings(reader, trouble) != 0; })) << reader.story();
    for (std::size_t i = 0; i + 1 < waiting; ++i) {
      spares[i].close();
      ASSERT_TRUE(reader.until_events([&] { return reader.stats().connections == i + 1; })) << reader.story();
    }
    EXPECT_EQ(warnings(reader, trouble), 1) << reader.story();
    EXPECT_EQ(warnings(reader, "accepting connections again"), 0) << reader.story();
  }
  EXPECT_TRUE(reader.until_events([&] { return warnings(reader, "accepting connections again") == 1; }))
      << reader.story();
}

// Files that cannot be opened are not missing: without its kuiper.yaml a listener would open at the default port.
TEST(OutOfDescriptors, IsNoFaultOfTheConfiguration) {
  for (const std::string& config : {std::string(R"({"props":{"datasource":"/x"},"kuiperYaml":"/etc/hostname"})"),
                                    client_config(1, "/x", R"(,"scheme":"wss","rootCaPath":"/etc/hostname")"),
                                    client_config(1, "/x", R"(,"scheme":"wss")")}) {
    ekws_subscription sub{};
    ekws_error error{};
    {
      const ekws::test::NoMoreDescriptors none;
      EXPECT_EQ(ekws_create(config.data(), config.size(), &sub, &error), EKWS_E_DESCRIPTORS) << config << error.text;
    }
    EXPECT_THAT(error.text, HasSubstr("Too many open files")) << config;
  }
}

TEST(OutOfDescriptors, IsToldToWhoAsksForOneOfALoop) {
  ekws_error error{};
  int32_t fd = -1;
  {
    const ekws::test::NoMoreDescriptors none;
    EXPECT_EQ(ekws_loop_fd(0, &fd, &error), EKWS_E_DESCRIPTORS);
  }
  EXPECT_THAT(error.text, HasSubstr("Too many open files"));
  ASSERT_EQ(ekws_loop_fd(0, &fd, &error), EKWS_OK) << error.text;
  ::close(fd);
}

TEST(OutOfDescriptors, IsAStateForAClientAndForAListener) {
  Listener listener;
  const auto port = free_port();
  Reader client(client_config(listener.port(), "/x"));
  Reader server(server_config(port, "/x"));
  {
    const ekws::test::NoMoreDescriptors none;
    client.start();
    server.start();
    EXPECT_TRUE(client.until_state(EKWS_STATE_DISCONNECTED, "Too many open files")) << client.story();
    EXPECT_TRUE(server.until_state(EKWS_STATE_DISCONNECTED, "Too many open files")) << server.story();
  }
  EXPECT_TRUE(listener.accept());
  EXPECT_TRUE(client.until_state(EKWS_STATE_CONNECTED)) << client.story();
  EXPECT_TRUE(server.until_state(EKWS_STATE_CONNECTED)) << server.story();
}

}  // namespace

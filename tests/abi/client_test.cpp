// Client role: dialling, reconnecting, sharing.
#include <gmock/gmock.h>
#include <rapidjson/document.h>

#include <algorithm>
#include <ctime>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int> states(const Reader& reader) {
  std::vector<int> all;
  for (const Record& event : reader.events) {
    if (event.kind == EKWS_STATE) all.push_back(event.arg);
  }
  return all;
}

TEST(Client, DeliversTextAndBinaryAndTellsWhoIsThere) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/api/data?x=1", R"(,"requestHeader":{"Authorization":"Bearer t"})"));
  reader.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->request().target(), "/api/data?x=1");
  EXPECT_EQ(peer->request()["Authorization"], "Bearer t");
  EXPECT_EQ(peer->request()["Host"], "127.0.0.1:" + std::to_string(listener.port()));
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  EXPECT_THAT(states(reader), ElementsAre(EKWS_STATE_CONNECTING, EKWS_STATE_CONNECTED));
  ASSERT_TRUE(peer->send("hello"));
  ASSERT_TRUE(peer->send(std::string("\0\xff", 2), true));
  ASSERT_TRUE(reader.until_messages(2));
  EXPECT_EQ(reader.data[0].kind, EKWS_OPENED);
  EXPECT_EQ(reader.data[1].kind, EKWS_TEXT);
  EXPECT_EQ(reader.data[2].kind, EKWS_BINARY);
  rapidjson::Document metadata;
  metadata.Parse(reader.data[0].payload.data(), reader.data[0].payload.size());
  EXPECT_EQ(std::string(metadata["remoteAddress"].GetString()), peer->local());
  EXPECT_STREQ(metadata["path"].GetString(), "/api/data");
  EXPECT_STREQ(metadata["query"]["x"].GetString(), "1");
  EXPECT_EQ(metadata["connectionId"].GetUint64(), reader.data[0].connection);
}

TEST(Client, CloseSends1001) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));
  reader.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  reader.close();
  EXPECT_EQ(peer->read_to_close(), 1001);
  EXPECT_FALSE(listener.accept(std::chrono::milliseconds(150))) << "and does not come back";
}

TEST(Client, TwoSubscriptionsShareOneConnection) {
  Listener listener;
  Reader one(client_config(listener.port(), "/x"));
  Reader other(client_config(listener.port(), "/x"));
  one.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(one.until_state(EKWS_STATE_CONNECTED));
  other.start();
  ASSERT_TRUE(other.until_state(EKWS_STATE_CONNECTED)) << "told at once";
  EXPECT_TRUE(other.has_log("connected to 127.0.0.1:" + std::to_string(listener.port()))) << other.story();
  EXPECT_FALSE(listener.accept(std::chrono::milliseconds(150))) << "one connection";
  ASSERT_TRUE(peer->send("to both"));
  EXPECT_TRUE(one.until_messages(1));
  EXPECT_TRUE(other.until_messages(1));
  one.close();
  ASSERT_TRUE(peer->send("to the one that stayed"));
  EXPECT_TRUE(other.until_messages(2));
  other.close();
  EXPECT_EQ(peer->read_to_close(), 1001);
}

TEST(Client, WhatThePeerCouldTellApartIsNotShared) {
  Listener listener;
  Listener elsewhere;
  Reader first(client_config(listener.port(), "/x"));
  first.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer);
  for (const std::string& config : {client_config(listener.port(), "/y"), client_config(listener.port(), "/x?a=1"),
                                    client_config(listener.port(), "/x", R"(,"requestHeader":{"A":"1"})"),
                                    client_config(listener.port(), "/x", R"(,"maxMessageBytes":1000)")}) {
    Reader other(config);
    other.start();
    const auto its_peer = listener.accept();
    EXPECT_TRUE(its_peer) << config;
    other.close();  // before its peer goes, or it would dial again
  }
  Reader there(client_config(elsewhere.port(), "/x"));
  there.start();
  const auto other_peer = elsewhere.accept();
  ASSERT_TRUE(other_peer->send("from elsewhere"));
  ASSERT_TRUE(peer->send("from here"));
  ASSERT_TRUE(first.until_messages(1));
  ASSERT_TRUE(there.until_messages(1));
  EXPECT_EQ(first.messages()[0].payload, "from here");
  EXPECT_EQ(there.messages()[0].payload, "from elsewhere");
}

// What it is told of a loss is how things are now, not how they were when the first one heard of it.
TEST(Client, WhoJoinsLaterIsToldTheReasonAndATryOnlyIfOneWaits) {
  Listener listener;
  const std::string config = client_config(listener.port(), "/x", R"(,"handshakeTimeout":"10m")");
  Reader first(config);
  first.start();
  ASSERT_TRUE(listener.answer("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"));
  ASSERT_TRUE(first.until_state(EKWS_STATE_DISCONNECTED, "HTTP 500 Broken instead of 101; next try 20"))
      << first.story();
  const auto tries = [&] {
    return std::count_if(first.events.begin(), first.events.end(),
                         [](const Record& r) { return r.kind == EKWS_STATE && r.arg == EKWS_STATE_CONNECTING; });
  };
  ASSERT_TRUE(first.until_events([&] { return tries() == 2; })) << first.story();
  Reader second(config);
  second.start();
  ASSERT_TRUE(second.until_state(EKWS_STATE_CONNECTING)) << second.story();
  EXPECT_TRUE(second.has_state(EKWS_STATE_DISCONNECTED, "HTTP 500 Broken instead of 101")) << second.story();
  EXPECT_FALSE(second.has_state(EKWS_STATE_DISCONNECTED, "next try")) << second.story();
}

TEST(Client, WhoJoinsBetweenTwoTriesIsToldTheNext) {
  const std::string slow = R"({"props":{"addr":"127.0.0.1:)" + std::to_string(free_port()) +
                           R"(","datasource":"/x","reconnectInitial":"1h","reconnectMax":"1h"}})";
  Reader first(slow);
  first.start();
  ASSERT_TRUE(first.until_state(EKWS_STATE_DISCONNECTED, "next try 20")) << first.story();
  Reader second(slow);
  second.start();
  EXPECT_TRUE(second.until_state(EKWS_STATE_DISCONNECTED, "next try 20")) << second.story();
}

TEST(Client, ComesBackAfterThePeerWentAway) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));
  reader.start();
  auto peer = listener.accept();
  ASSERT_TRUE(peer->send("one"));
  ASSERT_TRUE(reader.until_messages(1));
  ASSERT_TRUE(peer->close(1001, "restart"));
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "code 1001 (Going away): restart")) << reader.story();
  EXPECT_TRUE(reader.has_state(EKWS_STATE_DISCONNECTED, "next try 20"));
  EXPECT_TRUE(reader.has_state(EKWS_STATE_DISCONNECTED, "127.0.0.1:" + std::to_string(listener.port())));
  peer = listener.accept();
  ASSERT_TRUE(peer->send("two"));
  ASSERT_TRUE(reader.until_messages(2));
  peer->drop();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "1006")) << reader.story();
  peer = listener.accept();
  ASSERT_TRUE(peer->send("three"));
  ASSERT_TRUE(reader.until_messages(3));
  std::vector<int> kinds;
  std::vector<std::uint64_t> connections;
  for (const Record& record : reader.data) {
    kinds.push_back(record.kind);
    if (record.kind == EKWS_OPENED) connections.push_back(record.connection);
  }
  EXPECT_THAT(kinds, ElementsAre(EKWS_OPENED, EKWS_TEXT, EKWS_CLOSED, EKWS_OPENED, EKWS_TEXT, EKWS_CLOSED, EKWS_OPENED,
                                 EKWS_TEXT));
  EXPECT_LT(connections[0], connections[1]);
  EXPECT_LT(connections[1], connections[2]);
}

/// Reconnects after 10 ms at first, then twice as long each time.
std::string patient_config(std::uint16_t port, const std::string& stable) {
  return R"({"props":{"addr":"127.0.0.1:)" + std::to_string(port) +
         R"(","datasource":"/x","reconnectInitial":10,"reconnectMax":600000,"reconnectStable":")" + stable + "\"}}";
}

/// One connection that delivers something and is then dropped.
void come_and_go(Listener& listener, Reader& reader) {
  reader.forget();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer) << reader.story();
  ASSERT_TRUE(peer->send("x"));
  ASSERT_TRUE(reader.until_messages(1));
  peer->drop();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED)) << reader.story();
}

/// How far ahead the next try is, as the last loss says in whole seconds.
long seconds_to_next_try(const Reader& reader) {
  const std::string story = reader.story();
  const std::string before = "next try ";
  const std::size_t at = story.rfind(before);
  if (at == std::string::npos) return -1;
  std::tm due{};
  if (::strptime(story.c_str() + at + before.size(), "%Y-%m-%dT%H:%M:%SZ", &due) == nullptr) return -1;
  return static_cast<long>(::timegm(&due) - std::time(nullptr));
}

TEST(Client, WaitsAsAtFirstAfterAConnectionThatWasStable) {
  Listener listener;
  Reader reader(patient_config(listener.port(), "0s"));
  reader.start();
  for (int i = 0; i < 15 && !HasFatalFailure(); ++i) {
    come_and_go(listener, reader);
    EXPECT_LE(seconds_to_next_try(reader), 1) << reader.story();
  }
}

TEST(Client, WaitsLongerAndLongerAfterConnectionsThatWereNot) {
  Listener listener;
  Reader reader(patient_config(listener.port(), "1h"));
  reader.start();
  // The wait is drawn from a range that doubles: soon one is longer than a range that starts anew each time could have.
  // By the last round it is 10 minutes, as it has been for many: that all were short cannot be chance.
  bool longer = false;
  for (int i = 0; i < 30 && !longer && !HasFatalFailure(); ++i) {
    come_and_go(listener, reader);
    longer = seconds_to_next_try(reader) > 1;
  }
  EXPECT_TRUE(longer) << reader.story();
}

TEST(Client, ConnectsOnceThePeerIsThere) {
  const auto port = free_port();
  Reader reader(client_config(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "Connection refused")) << reader.story();
  // More tries fail with the same reason, which is told once.
  ASSERT_TRUE(reader.until_events([&] { return states(reader).size() >= 5; })) << reader.story();
  Listener listener(port);
  const auto peer = listener.accept();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto all = states(reader);
  EXPECT_EQ(std::count(all.begin(), all.end(), EKWS_STATE_DISCONNECTED), 1) << reader.story();
}

TEST(Client, TellsWhyThePeerDidNotLetItIn) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));
  reader.start();
  ASSERT_TRUE(listener.answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "HTTP 503 Service Unavailable")) << reader.story();
  ASSERT_TRUE(listener.answer("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "HTTP 401")) << "another reason is told again";
  EXPECT_TRUE(listener.accept());
  EXPECT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  EXPECT_EQ(reader.stats().connections_opened, 1U);
}

TEST(Client, FailsAPeerThatDoesNotAnswerPings) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x", R"(,"pingInterval":20,"pongTimeout":50)"));
  reader.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer);
  // It runs only while we wait for it: from here on it is as good as dead.
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "pongTimeout")) << reader.story();
}

TEST(Client, ClosesAtOnceWhateverItIsDoing) {
  Socket deaf;
  ASSERT_TRUE(listen_on(0, deaf, 0));
  std::vector<Socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_in address = loopback(port_of(deaf));
    ::connect(fillers.back().get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  Socket silent;  // accepts (the kernel does) and says nothing
  ASSERT_TRUE(listen_on(0, silent));
  // Each has minutes for what it is doing.
  const auto dialling = [](const std::string& addr, const char* path) {
    return R"({"props":{"addr":")" + addr + R"(","datasource":")" + path +
           R"(","connectTimeout":"10m","handshakeTimeout":"10m","reconnectInitial":"1h","reconnectMax":"1h"}})";
  };
  const auto local = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  for (const std::string& config :
       {dialling(local(port_of(deaf)), "/dialling"), dialling(local(port_of(silent)), "/shaking-hands"),
        dialling(local(free_port()), "/waiting-for-the-next-try"), dialling("no-such-host.invalid:80", "/resolving")}) {
    Reader reader(config);
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTING));
    const auto before = std::chrono::steady_clock::now();
    reader.close();
    EXPECT_LT(std::chrono::steady_clock::now() - before, kDeadline) << config;
  }
}

}  // namespace

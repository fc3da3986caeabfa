// Server role: the port. Taken, freed, shared, and how that is told.
#include <gmock/gmock.h>

#include <thread>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Listener, CloseFreesThePortAtOnceAndSends1001) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", R"(,"closeTimeout":"1m")"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x");
  ASSERT_TRUE(peer->send("x"));
  ASSERT_TRUE(reader.until_messages(1));
  const auto before = std::chrono::steady_clock::now();
  reader.close();
  EXPECT_LT(std::chrono::steady_clock::now() - before, kDeadline) << "does not wait for the peer";
  Socket again;
  EXPECT_TRUE(listen_on(port, again)) << "the port is free on return";
  EXPECT_EQ(peer->read_to_close(), 1001);
}

TEST(Listener, OpensAgainOnTheSamePortAtOnce) {
  const auto port = free_port();
  for (int round = 0; round < 20; ++round) {
    Reader reader(server_config(port, "/x"));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << "round " << round << "\n" << reader.story();
    EXPECT_FALSE(reader.has_state(EKWS_STATE_DISCONNECTED));
    const auto peer = Peer::connect(port, "/x");
    ASSERT_TRUE(peer->send("x"));
    ASSERT_TRUE(reader.until_messages(1));
  }
}

TEST(Listener, ATakenPortIsAStateThatNamesWhoAndHeals) {
  Socket holder;
  ASSERT_TRUE(listen_on(0, holder));
  const auto port = port_of(holder);
  Reader reader(server_config(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED));
  for (const std::string& part :
       {"127.0.0.1:" + std::to_string(port), std::string("in use"), std::string("another part of this eKuiper process"),
        std::string("httpServerPort"), std::string("next try 20")}) {
    EXPECT_TRUE(reader.has_state(EKWS_STATE_DISCONNECTED, part)) << part << " in\n" << reader.story();
  }
  holder.close();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
  std::size_t losses = 0;
  for (const Record& event : reader.events) {
    losses += event.kind == EKWS_STATE && event.arg == EKWS_STATE_DISCONNECTED ? 1 : 0;
  }
  EXPECT_EQ(losses, 1U) << "told once a cause\n" << reader.story();
  EXPECT_EQ(Peer::connect(port, "/x")->status(), 101);
}

// The host's own data server is named only where that is.
TEST(Listener, APortThatAnotherListenerOfOursHasNamesThatOne) {
  const auto port = free_port();
  Reader first(server_config(port, "/x"));
  first.start();
  ASSERT_TRUE(first.until_state(EKWS_STATE_CONNECTED));
  const std::string wide =
      R"({"props":{"httpServerIp":"0.0.0.0","httpServerPort":)" + std::to_string(port) + R"(,"datasource":"/x"}})";
  Reader second(wide);
  second.start();
  const std::string who = "by other streams, which listen on 127.0.0.1:" + std::to_string(port) + ". ";
  EXPECT_TRUE(second.until_state(EKWS_STATE_DISCONNECTED, who)) << second.story();
  ekws_error error{};
  EXPECT_EQ(ekws_probe(wide.data(), wide.size(), 5000, &error), EKWS_E_ADDRESS_IN_USE);
  EXPECT_THAT(error.text, HasSubstr(who));
  first.close();
  EXPECT_TRUE(second.until_state(EKWS_STATE_CONNECTED)) << second.story();
}

TEST(Listener, TheHostsDataServerIsNamedWhereItHasThePort) {
  Socket holder;
  ASSERT_TRUE(listen_on(0, holder));
  const auto port = port_of(holder);
  std::string config = server_config(port, "/x");
  config.insert(1, R"("dataServerPort":")" + std::to_string(port) + "\",");
  Reader reader(config);
  reader.start();
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "by this eKuiper's own data server")) << reader.story();
  EXPECT_TRUE(reader.has_state(EKWS_STATE_DISCONNECTED, "KUIPER__SOURCE__HTTPSERVERPORT")) << reader.story();
}

TEST(Listener, AnAddressThatIsNotHereIsAStateToo) {
  const std::string config = R"({"props":{"httpServerIp":"192.0.2.1","httpServerPort":)" + std::to_string(free_port()) +
                             R"(,"datasource":"/x"}})";
  Reader reader(config);
  reader.start();
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "192.0.2.1")) << reader.story();
}

TEST(Listener, CloseWhileThePortIsTaken) {
  Socket holder;
  ASSERT_TRUE(listen_on(0, holder));
  Reader reader(server_config(port_of(holder), "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED));
  reader.close();
}

TEST(Listener, WhoJoinsLaterIsToldTheState) {
  Socket holder;
  ASSERT_TRUE(listen_on(0, holder));
  const auto port = port_of(holder);
  Reader one(server_config(port, "/x"));
  one.start();
  ASSERT_TRUE(one.until_state(EKWS_STATE_DISCONNECTED));
  Reader other(server_config(port, "/y"));
  other.start();
  EXPECT_TRUE(other.until_state(EKWS_STATE_DISCONNECTED, "in use")) << other.story();
  holder.close();
  EXPECT_TRUE(one.until_state(EKWS_STATE_CONNECTED));
  EXPECT_TRUE(other.until_state(EKWS_STATE_CONNECTED));
}

TEST(Listener, WhatBelongsToItMustAgree) {
  const auto port = free_port();
  Reader first(server_config(port, "/x", R"(,"maxMessageBytes":"1MiB")"));
  first.start();
  Reader second(server_config(port, "/y", R"(,"maxMessageBytes":"2MiB")"));
  EXPECT_EQ(ekws_start(second.handle(), &second.error), EKWS_E_CONFIG_CONFLICT);
  EXPECT_THAT(second.error.text, AllOf(HasSubstr("maxMessageBytes"), HasSubstr("1048576"), HasSubstr("2097152"),
                                       HasSubstr("127.0.0.1:" + std::to_string(port))));
  Reader third(server_config(port, "/y", R"(,"maxMessageBytes":"1MiB","pingInterval":"7s")"));
  EXPECT_EQ(ekws_start(third.handle(), &third.error), EKWS_E_CONFIG_CONFLICT);
  EXPECT_THAT(third.error.text, AllOf(HasSubstr("pingInterval"), HasSubstr("7000ms"), HasSubstr("30000ms")));
  Reader fourth(server_config(port, "/y", R"(,"maxMessageBytes":"1MiB","queueMessages":3)"));
  EXPECT_EQ(ekws_start(fourth.handle(), &fourth.error), EKWS_OK) << "a queue is each subscription's own";
  fourth.close();
  first.close();
  EXPECT_EQ(ekws_start(second.handle(), &second.error), EKWS_OK) << "nobody is there any more to disagree with";
}

TEST(Listener, ManyComeAndGoAtOnce) {
  const auto port = free_port();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 25; ++round) {
        Reader reader(server_config(port, "/" + std::to_string(t % 2)));
        reader.start();
        EXPECT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  Socket again;
  EXPECT_TRUE(listen_on(port, again));
}

}  // namespace

// ekws_probe: the connectivity check.
#include <gmock/gmock.h>

#include <thread>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::HasSubstr;

ekws_error probe(const std::string& config, std::uint32_t timeout_ms = 60'000) {
  ekws_error error{};
  const int code = ekws_probe(config.data(), config.size(), timeout_ms, &error);
  EXPECT_EQ(code, error.code);
  return error;
}

std::string any_status(std::string config) {
  config.insert(1, R"("probeAnyStatus":true,)");
  return config;
}

TEST(ProbeClient, AGoodPeerSeesAnOrderlyClose) {
  Listener listener;
  int close_code = -1;
  std::thread peer([&] {
    const auto accepted = listener.accept();
    if (accepted) close_code = accepted->read_to_close();
  });
  EXPECT_EQ(probe(client_config(listener.port(), "/x")).code, EKWS_OK);
  peer.join();
  EXPECT_EQ(close_code, 1000);
}

TEST(ProbeClient, NobodyThere) {
  const auto port = free_port();
  const ekws_error error = probe(client_config(port, "/x"));
  EXPECT_EQ(error.code, EKWS_E_CONNECT);
  EXPECT_THAT(error.text, HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST(ProbeClient, ANameThatDoesNotResolve) {
  const ekws_error error = probe(R"({"props":{"addr":"no-such-host.invalid:80","datasource":"/x"}})");
  EXPECT_EQ(error.code / 100, EKWS_CLASS_TRANSPORT);
}

TEST(ProbeClient, APeerThatSaysNothingEndsWithTheTimeout) {
  Socket silent;
  ASSERT_TRUE(listen_on(0, silent));
  const auto before = std::chrono::steady_clock::now();
  const ekws_error error = probe(client_config(port_of(silent), "/x", R"(,"handshakeTimeout":"1m")"), 100);
  EXPECT_EQ(error.code, EKWS_E_CONNECT_TIMEOUT);
  EXPECT_THAT(error.text, HasSubstr("100 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - before, kDeadline);
}

TEST(ProbeClient, AnHttpServerCountsAsReachedOnlyWhereThePathWasNotGiven) {
  for (const char* status : {"200 OK", "404 Not Found"}) {
    Listener listener;
    std::thread peer([&] {
      const std::string answer = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n";
      EXPECT_TRUE(listener.answer(answer));
      EXPECT_TRUE(listener.answer(answer));
    });
    const std::string config = client_config(listener.port(), "/x");
    const ekws_error error = probe(config);
    EXPECT_EQ(error.code, EKWS_E_HANDSHAKE_STATUS);
    EXPECT_THAT(error.text, HasSubstr(status));
    const ekws_error remark = probe(any_status(config));
    EXPECT_EQ(remark.code, EKWS_OK);
    EXPECT_THAT(remark.text, HasSubstr("path was not checked"));
    EXPECT_THAT(remark.text, HasSubstr(status));
    peer.join();
  }
}

TEST(ProbeClient, AnotherProtocolIsNotReachedEvenThen) {
  Listener listener;
  std::thread peer([&] { listener.answer("SSH-2.0-x\r\n"); });
  EXPECT_EQ(probe(any_status(client_config(listener.port(), "/x"))).code, EKWS_E_HANDSHAKE_INVALID);
  peer.join();
}

TEST(ProbeServer, AFreePortStaysFree) {
  const auto port = free_port();
  EXPECT_EQ(probe(server_config(port, "/x")).code, EKWS_OK);
  Socket again;
  EXPECT_TRUE(listen_on(port, again));
}

TEST(ProbeServer, OursIsFine) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  EXPECT_EQ(probe(server_config(port, "/y")).code, EKWS_OK);
  EXPECT_EQ(probe(server_config(port, "/y", R"(,"maxMessageBytes":7)")).code, EKWS_E_CONFIG_CONFLICT);
  EXPECT_EQ(Peer::connect(port, "/x")->status(), 101) << "it was left alone";
}

TEST(ProbeServer, ATakenPortIsAnErrorThatNamesTheWaysOut) {
  Socket holder;
  ASSERT_TRUE(listen_on(0, holder));
  const ekws_error error = probe(server_config(port_of(holder), "/x"));
  EXPECT_EQ(error.code, EKWS_E_ADDRESS_IN_USE);
  EXPECT_THAT(error.text, HasSubstr("by another part of this eKuiper process"));
  EXPECT_THAT(error.text, HasSubstr("set httpServerPort in the stream's configuration group"));
}

// A listener of ours that is itself waiting for the port does not have it.
TEST(ProbeServer, ATakenPortIsAnErrorEvenWhereAStreamOfOursWaitsForIt) {
  Socket holder;
  ASSERT_TRUE(listen_on(0, holder));
  Reader reader(server_config(port_of(holder), "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED));
  EXPECT_EQ(probe(server_config(port_of(holder), "/x")).code, EKWS_E_ADDRESS_IN_USE);
}

TEST(Probe, WarningsAreTheRemarkOfOneThatPasses) {
  const ekws_error remark = probe(server_config(free_port(), "/x", R"(,"pingIntervall":"7s","rootCaPath":"/ca")"));
  EXPECT_EQ(remark.code, EKWS_OK);
  EXPECT_THAT(remark.text, HasSubstr(R"(unknown property "pingIntervall" is ignored; did you mean pingInterval?; )"));
  EXPECT_THAT(remark.text, HasSubstr("rootCaPath is ignored by a server"));
}

TEST(Probe, ABadConfigurationIsAConfigError) {
  EXPECT_EQ(probe("{").code, EKWS_E_CONFIG_SYNTAX);
  EXPECT_EQ(probe(R"({"props":{"datasource":"x"}})").code, EKWS_E_CONFIG_VALUE);
  EXPECT_EQ(probe(server_config(free_port(), "/{id:[}")).code, EKWS_E_CONFIG_VALUE);
}

}  // namespace

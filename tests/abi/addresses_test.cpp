// Client role: names with several addresses.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "peer.h"
#include "ports.h"
#include "reader.h"

using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

// "127-0-0-2.127-0-0-1.test" has these two addresses, in this order; with turns.test they change places with each
// look-up.
extern "C" int getaddrinfo(const char* host, const char* port, const addrinfo* hints, addrinfo** found) {
  static const auto real = reinterpret_cast<GetAddrInfo>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  static std::atomic<int> calls{0};
  std::string name = host == nullptr ? "" : host;
  // Only the look-up itself: whether it is a literal is asked first, with AI_NUMERICHOST.
  if (name.find(".test") == std::string::npos || (hints->ai_flags & AI_NUMERICHOST) != 0) {
    return real(host, port, hints, found);
  }
  std::replace(name.begin(), name.end(), '-', '.');
  std::string addresses[] = {name.substr(0, 9), name.substr(10, 9)};
  if (name.find(".turns.") != std::string::npos && ++calls % 2 == 0) std::swap(addresses[0], addresses[1]);
  const int failed = real(addresses[0].c_str(), port, hints, found);
  return failed != 0 ? failed : real(addresses[1].c_str(), port, hints, &(*found)->ai_next);
}

namespace {

std::string config_for(const std::string& name, std::uint16_t port, const std::string& stable = "1h") {
  return R"({"props":{"addr":")" + name + ":" + std::to_string(port) +
         R"(","datasource":"/x","reconnectInitial":10,"reconnectMax":50,"reconnectStable":")" + stable + "\"}}";
}

/// Another service, on 127.0.0.2 and the listener's port.
class Stranger {
 public:
  explicit Stranger(std::uint16_t port) {
    sockaddr_in address = loopback(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    EXPECT_TRUE(listen_on(address, socket_));
  }

  /// The next one to connect gets this answer, if any, and is left. False when nobody does.
  bool answer(const std::string& text) const {
    pollfd waited{socket_.get(), POLLIN, 0};
    if (::poll(&waited, 1, 10'000) != 1) return false;
    const Socket peer(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string request;
    char byte = 0;
    while (request.find("\r\n\r\n") == std::string::npos) {
      if (::recv(peer.get(), &byte, 1, 0) != 1) return false;
      request += byte;
    }
    return ::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

 private:
  Socket socket_;
};

class Addresses : public ::testing::TestWithParam<const char*> {};

// As with localhost, which is ::1 first.
TEST_P(Addresses, OneThatFailsTheHandshakeDoesNotKeepUsFromTheNext) {
  Listener listener;
  const Stranger stranger(listener.port());
  Reader reader(config_for("127-0-0-2.127-0-0-1.test", listener.port()));
  reader.start();
  ASSERT_TRUE(stranger.answer(GetParam())) << reader.story();
  auto peer = listener.accept();
  ASSERT_TRUE(peer) << reader.story();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
  peer->drop();
  EXPECT_TRUE(listener.accept()) << "and goes on there, until a connection was stable";
}

TEST_P(Addresses, AfterAStableConnectionTheFirstIsTheFirstAgain) {
  Listener listener;
  const Stranger stranger(listener.port());
  Reader reader(config_for("127-0-0-2.127-0-0-1.test", listener.port(), "0s"));
  reader.start();
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(stranger.answer(GetParam())) << reader.story();
    const auto peer = listener.accept();
    ASSERT_TRUE(peer) << reader.story();
    reader.forget();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
    peer->drop();
  }
}

TEST_P(Addresses, ACheckTriesThemAll) {
  Listener listener;
  const Stranger stranger(listener.port());
  std::thread first([&] { EXPECT_TRUE(stranger.answer(GetParam())); });
  std::thread second([&] { EXPECT_TRUE(listener.accept()); });
  const std::string config = config_for("127-0-0-2.127-0-0-1.test", listener.port());
  ekws_error error{};
  EXPECT_EQ(ekws_probe(config.data(), config.size(), 10'000, &error), EKWS_OK) << error.text;
  first.join();
  second.join();
}

// And then says what was wrong with the first.
TEST_P(Addresses, ACheckEndsBehindTheLast) {
  const auto port = free_port();
  const Stranger stranger(port);
  std::thread first([&] { EXPECT_TRUE(stranger.answer(GetParam())); });
  const std::string config = config_for("127-0-0-2.127-0-0-1.test", port);
  ekws_error error{};
  const int code = ekws_probe(config.data(), config.size(), 10'000, &error);
  EXPECT_EQ(code, *GetParam() == 0 ? EKWS_E_EOF : EKWS_E_HANDSHAKE_STATUS) << error.text;
  first.join();
}

INSTANTIATE_TEST_SUITE_P(Strangers, Addresses,
                         ::testing::Values("", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
                         [](const auto& each) { return *each.param == 0 ? "HangsUp" : "IsNoWebSocket"; });

long count(const Reader& reader, int state) {
  return std::count_if(reader.events.begin(), reader.events.end(),
                       [&](const Record& r) { return r.kind == EKWS_STATE && r.arg == state; });
}

TEST(AddressesThatTakeTurns, AreOneCause) {
  Reader reader(config_for("127-0-0-3.127-0-0-2.turns.test", free_port()));
  reader.start();
  ASSERT_TRUE(reader.until_events([&] { return count(reader, EKWS_STATE_CONNECTING) >= 6; })) << reader.story();
  EXPECT_EQ(count(reader, EKWS_STATE_DISCONNECTED), 1) << reader.story();
}

TEST(CausesThatTakeTurns, AreToldOnceEachUntilItHasConnected) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));
  reader.start();
  const auto refuse = [&](const char* status) {
    return listener.answer("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n");
  };
  for (int round = 0; round < 3; ++round) ASSERT_TRUE(refuse("503 Busy") && refuse("401 Who")) << reader.story();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer && reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
  EXPECT_EQ(count(reader, EKWS_STATE_DISCONNECTED), 2) << reader.story();
  reader.forget();
  peer->drop();
  ASSERT_TRUE(refuse("503 Busy"));
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "503")) << "a new loss: told again\n" << reader.story();
}

}  // namespace

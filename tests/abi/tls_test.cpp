// TLS from the ABI's side: both roles, certificates good and bad, files that change.
#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <sys/inotify.h>

#include <atomic>
#include <thread>

#include "ports.h"
#include "reader.h"
#include "tls_peer.h"

namespace {

using ekws::test::authority;
using ekws::test::Certificate;
using ekws::test::client;
using ekws::test::Folder;
using ekws::test::issued_by;
using ekws::test::self_signed;
using ekws::test::Wish;
using ::testing::HasSubstr;

const Certificate& ca() {
  static const Certificate made = self_signed(authority("Test CA"));
  return made;
}
const Certificate& good_server() {
  static const Certificate made = issued_by(ca(), Wish{});
  return made;
}
const Certificate& good_client() {
  static const Certificate made = issued_by(ca(), client("device 7"));
  return made;
}

class Tls : public ::testing::Test {
 protected:
  Tls() {
    folder.write("ca.crt", ca().pem());
    write("server", good_server());
    write("client", good_client());
  }
  void write(const std::string& name, const Certificate& certificate) const {
    folder.write(name + ".crt", certificate.pem());
    folder.write(name + ".key", certificate.key_pem());
  }

  std::string property(const std::string& name, const std::string& file) const {
    return ",\"" + name + "\":\"" + folder.path(file) + "\"";
  }
  std::string server(std::uint16_t port, const std::string& path, const std::string& more = "") const {
    return server_config(port, path,
                         R"(,"httpServerTls":{"certfile":")" + folder.path("server.crt") + R"(","keyfile":")" +
                             folder.path("server.key") + "\"}" + more);
  }
  std::string dial(std::uint16_t port, const std::string& path, const std::string& more = "") const {
    return client_config(port, path, property("rootCaPath", "ca.crt") + more);
  }
  std::string with_client_certificate() const {
    return property("certificationPath", "client.crt") + property("privateKeyPath", "client.key");
  }

  const Folder folder;
};

ekws_error created(const std::string& config) {
  ekws_subscription sub{};
  ekws_error error{};
  EXPECT_EQ(ekws_create(config.data(), config.size(), &sub, &error), error.code);
  if (error.code == EKWS_OK) ekws_close(sub, nullptr);
  return error;
}
ekws_error probed(const std::string& config) {
  ekws_error error{};
  EXPECT_EQ(ekws_probe(config.data(), config.size(), 10'000, &error), error.code);
  return error;
}

TEST_F(Tls, AServerReceives) {
  const auto port = free_port();
  Reader reader(server(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
  const auto peer = TlsPeer::connect(port, "/x");
  ASSERT_EQ(peer->status(), 101) << peer->error().message();
  EXPECT_EQ(peer->shown(), "server");
  ASSERT_TRUE(peer->send("text"));
  ASSERT_TRUE(peer->send("\xff\x01", true));
  ASSERT_TRUE(peer->send(std::string(1U << 20U, 'x')));
  ASSERT_TRUE(reader.until_messages(3));
  const auto messages = reader.messages();
  EXPECT_EQ(messages[0].payload, "text");
  EXPECT_EQ(messages[1].kind, EKWS_BINARY);
  EXPECT_EQ(messages[1].payload, "\xff\x01");
  EXPECT_TRUE(messages[2].payload == std::string(1U << 20U, 'x'));
  EXPECT_EQ(reader.data[0].payload.find("tlsSubject"), std::string::npos) << reader.data[0].payload;
  ASSERT_TRUE(peer->close(1000));
  EXPECT_TRUE(reader.until([&] { return reader.data.back().kind == EKWS_CLOSED; }));
}

TEST_F(Tls, AClientReceivesAndComesBack) {
  TlsListener listener(good_server());
  Reader reader(dial(listener.port(), "/x"));
  reader.start();
  for (const char* message : {"one", "two"}) {
    const auto peer = listener.accept();
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->asked_for(), "") << "an address is no server name";
    const auto before = reader.messages().size();
    ASSERT_TRUE(peer->send(message));
    ASSERT_TRUE(reader.until_messages(before + 1)) << reader.story();
    EXPECT_EQ(reader.messages().back().payload, message);
    peer->drop();
  }
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED));
}

TEST_F(Tls, AClientByNameAsksForIt) {
  TlsListener listener(good_server());
  Reader reader(R"({"props":{"addr":"localhost:)" + std::to_string(listener.port()) + R"(","datasource":"/x")" +
                property("rootCaPath", "ca.crt") + "}}");
  reader.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer) << reader.story();
  EXPECT_EQ(peer->asked_for(), "localhost");
}

TEST_F(Tls, TheSubjectOfAClientCertificateIsMetadata) {
  const auto port = free_port();
  Reader reader(server(port, "/x", property("clientCaFile", "ca.crt")));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = TlsPeer::connect(port, "/x", &good_client());
  ASSERT_EQ(peer->status(), 101);
  ASSERT_TRUE(peer->send("x"));
  ASSERT_TRUE(reader.until_messages(1));
  EXPECT_EQ(reader.data[0].kind, EKWS_OPENED);
  EXPECT_THAT(reader.data[0].payload, HasSubstr(R"("tlsSubject":"CN=device 7")"));
}

TEST_F(Tls, AServerTellsWhomItDidNotLetIn) {
  const auto port = free_port();
  Reader reader(server(port, "/x", property("clientCaFile", "ca.crt")));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const Certificate stranger = self_signed(client("stranger"));
  EXPECT_EQ(TlsPeer::connect(port, "/x", &stranger)->status(), 0);
  EXPECT_TRUE(reader.until_events([&] {
    return reader.has_log(
        "did not get in: the client's certificate is refused: unknown CA: \"CN=stranger\" is "
        "self-signed and not among the CAs trusted");
  })) << reader.story();
  EXPECT_EQ(TlsPeer::connect(port, "/x")->status(), 0);
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("did not get in: the client gave no certificate"); }))
      << reader.story();
  EXPECT_EQ(Peer::connect(port, "/x")->status(), 0);
  EXPECT_TRUE(reader.until_events([&] { return reader.has_log("did not get in: the peer does not speak TLS"); }))
      << reader.story();
  EXPECT_EQ(TlsPeer::connect(port, "/x", &good_client())->status(), 101) << "the others still do";
}

TEST_F(Tls, AClientTellsWhyItRefusesTheServer) {
  Wish expired;
  expired.days_from = -20;
  expired.days_to = -10;
  Wish elsewhere;
  elsewhere.alt_names = "DNS:example.com,IP:192.0.2.1";
  const std::pair<Certificate, std::string> bad[] = {
      {issued_by(ca(), expired), "\"CN=server\" has expired on "},
      {issued_by(ca(), elsewhere), "it is for example.com, 192.0.2.1, not for the IP address 127.0.0.1"},
      {self_signed(Wish{}), "unknown CA: \"CN=server\" is self-signed and not among the CAs trusted"}};
  for (const auto& [certificate, why] : bad) {
    TlsListener listener(certificate);
    Reader reader(dial(listener.port(), "/x"));
    reader.start();
    const auto refused = listener.try_accept(kPeerDeadline);
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->error());
    EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "127.0.0.1:" + std::to_string(listener.port()) +
                                                                ": the server's certificate is refused: " + why))
        << reader.story();
    EXPECT_TRUE(reader.has_state(EKWS_STATE_DISCONNECTED, "next try 2"));

    Reader trusting(client_config(listener.port(), "/x", R"(,"insecureSkipVerify":true)"));
    reader.close();
    trusting.start();
    EXPECT_TRUE(trusting.until_state(EKWS_STATE_CONNECTING));
    // The first one may have been on its way when it was closed.
    std::unique_ptr<TlsPeer> peer;
    while (!peer || peer->error()) ASSERT_TRUE(peer = listener.try_accept(kPeerDeadline));
    EXPECT_TRUE(trusting.until_state(EKWS_STATE_CONNECTED)) << trusting.story();
  }
}

TEST_F(Tls, APlainServerIsToldApart) {
  Listener listener;
  Reader reader(dial(listener.port(), "/x"));
  reader.start();
  std::thread plain([&] { listener.try_accept(kPeerDeadline); });  // Beast answers what is no HTTP by closing
  EXPECT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "TLS")) << reader.story();
  plain.join();
}

TEST_F(Tls, AListenerHasOneSetOfTlsSettings) {
  const auto port = free_port();
  Reader first(server(port, "/x", R"(,"privateKeyPassword":"s3cret")"));
  first.start();
  const std::pair<std::string, const char*> others[] = {
      {server_config(port, "/y"), "httpServerTls"},
      {server(port, "/y"), "privateKeyPassword"},
      {server(port, "/y", R"(,"privateKeyPassword":"s3cret")" + property("clientCaFile", "ca.crt")), "clientCaFile"},
      {server(port, "/y", R"(,"privateKeyPassword":"s3cret","tlsMinVersion":"tls1.3")"), "tlsMinVersion"},
      {server(port, "/y", R"(,"privateKeyPassword":"s3cret","ciphers":"HIGH")"), "ciphers"}};
  for (const auto& [config, property] : others) {
    Reader other(config);
    EXPECT_EQ(ekws_start(other.handle(), &other.error), EKWS_E_CONFIG_CONFLICT) << property;
    EXPECT_THAT(other.error.text, ::testing::StartsWith(std::string(property) + " differs from that of the streams"));
    EXPECT_EQ(std::string(other.error.text).find("s3cret"), std::string::npos);
    EXPECT_EQ(probed(config).code, EKWS_E_CONFIG_CONFLICT);
  }
  Reader same(server(port, "/y", R"(,"privateKeyPassword":"s3cret")"));
  same.start();
  EXPECT_TRUE(same.until_state(EKWS_STATE_CONNECTED));
}

TEST_F(Tls, ClientsShareAConnectionOnlyWithTheSameSettings) {
  TlsListener listener(good_server());
  Reader first(dial(listener.port(), "/x"));
  first.start();
  const auto shared = listener.accept();
  ASSERT_TRUE(shared) << first.story();
  Reader same(dial(listener.port(), "/x"));
  same.start();
  ASSERT_TRUE(same.until_state(EKWS_STATE_CONNECTED));
  ASSERT_TRUE(shared->send("for two"));
  EXPECT_TRUE(first.until_messages(1));
  EXPECT_TRUE(same.until_messages(1));
  for (const std::string& more :
       {std::string(R"(,"insecureSkipVerify":true)"), with_client_certificate(),
        std::string(R"(,"tlsMinVersion":"tls1.3")"), std::string(R"(,"serverName":"localhost")"),
        std::string(R"(,"renegotiationSupport":"once")")}) {
    Reader other(dial(listener.port(), "/x", more));
    other.start();
    const auto peer = listener.accept();
    ASSERT_TRUE(peer) << more;
    ASSERT_TRUE(other.until_state(EKWS_STATE_CONNECTED));
    EXPECT_EQ(peer->shown(), "") << "a certificate is asked for by nobody here";
    other.close();  // before its peer goes: it would be the next to connect
  }
}

TEST_F(Tls, WhatCannotBeReadFailsAtOnce) {
  const std::string none = folder.path("none");
  const std::string missing = none + " cannot be read: No such file or directory";
  const auto port = free_port();
  const std::pair<std::string, std::string> bad[] = {
      {client_config(port, "/x", property("rootCaPath", "none")), "rootCaPath: " + missing},
      {dial(port, "/x", property("certificationPath", "none") + property("privateKeyPath", "client.key")),
       "certificationPath: " + missing},
      {dial(port, "/x", property("certificationPath", "client.crt") + property("privateKeyPath", "server.key")),
       "privateKeyPath: " + folder.path("server.key") + " does not belong to the certificate " +
           folder.path("client.crt") + " (certificationPath)"},
      {server(port, "/x", property("clientCaFile", "none")), "clientCaFile: " + missing},
      {server(port, "/x", R"(,"ciphers":"NONE-SUCH")"), "ciphers: \"NONE-SUCH\" is not allowed"},
      {server_config(
           port, "/x",
           R"(,"httpServerTls":{"certfile":")" + none + R"(","keyfile":")" + folder.path("server.key") + "\"}"),
       "httpServerTls.certfile: " + missing}};
  for (const auto& [config, text] : bad) {
    for (const ekws_error& error : {created(config), probed(config)}) {
      EXPECT_EQ(error.code, EKWS_E_CONFIG_VALUE);
      EXPECT_EQ(error.code / 100, EKWS_CLASS_CONFIG);
      EXPECT_THAT(error.text, HasSubstr(text));
    }
  }
}

/// How often a file has been opened.
class Opens {
 public:
  explicit Opens(const std::string& path) : watcher_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(watcher_.get(), path.c_str(), IN_OPEN), 0);
  }
  int count() {
    alignas(inotify_event) char events[4096];
    const ssize_t size = ::read(watcher_.get(), events, sizeof events);
    if (size > 0) opens_ += static_cast<int>(static_cast<std::size_t>(size) / sizeof(inotify_event));
    return opens_;
  }

 private:
  const Socket watcher_;
  int opens_ = 0;
};

// What create has read the endpoint uses; who joins has only to be sure that it could be.
TEST_F(Tls, TheFilesAreReadOnce) {
  const auto port = free_port();
  Opens opens(folder.path("server.crt"));
  Reader first(server(port, "/x"));
  EXPECT_EQ(opens.count(), 1);
  first.start();
  ASSERT_TRUE(first.until_state(EKWS_STATE_CONNECTED));
  EXPECT_EQ(TlsPeer::connect(port, "/x")->shown(), "server");
  EXPECT_EQ(opens.count(), 1);
  Reader second(server(port, "/y"));
  second.start();
  ASSERT_TRUE(second.until_state(EKWS_STATE_CONNECTED));
  first.close();
  EXPECT_EQ(TlsPeer::connect(port, "/y")->shown(), "server");
  EXPECT_EQ(opens.count(), 2);

  TlsListener listener(good_server());
  Opens of_ca(folder.path("ca.crt"));
  Reader client(dial(listener.port(), "/x"));
  client.start();
  const auto peer = listener.accept();
  ASSERT_TRUE(peer) << client.story();
  EXPECT_EQ(of_ca.count(), 1);
}

TEST_F(Tls, TheCheckDoesTlsToo) {
  TlsListener good(good_server());
  int close_code = -1;
  std::thread accepting([&] {
    if (const auto peer = good.accept()) close_code = peer->read_to_close();
  });
  EXPECT_EQ(probed(dial(good.port(), "/x")).code, EKWS_OK);
  accepting.join();
  EXPECT_EQ(close_code, 1000);

  const Certificate unknown = self_signed(Wish{});
  TlsListener bad(unknown);
  std::thread refused([&] { bad.try_accept(kPeerDeadline); });
  const ekws_error error = probed(dial(bad.port(), "/x"));
  EXPECT_EQ(error.code, EKWS_E_TLS_CERTIFICATE);
  EXPECT_THAT(error.text,
              HasSubstr("127.0.0.1:" + std::to_string(bad.port()) + ": the server's certificate is refused"));
  refused.join();

  const auto port = free_port();
  EXPECT_EQ(probed(server(port, "/x")).code, EKWS_OK);
  Reader reader(server(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  EXPECT_EQ(probed(server(port, "/y")).code, EKWS_OK) << "ours already";
}

TEST_F(Tls, ChangedFilesAreForNewConnectionsOfALiveListener) {
  const auto port = free_port();
  Reader reader(server(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto old = TlsPeer::connect(port, "/x");
  EXPECT_EQ(old->shown(), "server");
  Wish wish;
  wish.name = "renewed";
  write("server", issued_by(ca(), wish));
  EXPECT_EQ(TlsPeer::connect(port, "/x")->shown(), "renewed");

  folder.write("server.crt", "broken");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(TlsPeer::connect(port, "/x")->shown(), "renewed");
  const std::string warning =
      folder.path("server.crt") + " holds no certificate in PEM form; what was read before stays in use";
  ASSERT_TRUE(reader.until_events([&] { return reader.has_log(warning); })) << reader.story();
  wish.name = "mended";
  write("server", issued_by(ca(), wish));
  EXPECT_EQ(TlsPeer::connect(port, "/x")->shown(), "mended");
  reader.drain(EKWS_CHANNEL_EVENTS);
  EXPECT_EQ(std::count_if(reader.events.begin(), reader.events.end(),
                          [&](const Record& r) { return r.payload.find(warning) != std::string::npos; }),
            1)
      << "told once";
  ASSERT_TRUE(old->send("still here"));
  EXPECT_TRUE(reader.until_messages(1));
}

TEST_F(Tls, AClientsNextTryUsesTheFilesAsTheyAreThen) {
  Certificate other = self_signed(authority("Other CA"));
  const Certificate by_other = issued_by(other, Wish{});
  TlsListener listener(by_other);
  Reader reader(dial(listener.port(), "/x"));
  reader.start();
  ASSERT_TRUE(listener.try_accept(kPeerDeadline));
  ASSERT_TRUE(reader.until_state(EKWS_STATE_DISCONNECTED, "unknown CA")) << reader.story();
  folder.write("ca.crt", other.pem());
  std::unique_ptr<TlsPeer> peer;
  while (!peer || peer->error()) ASSERT_TRUE(peer = listener.try_accept(kPeerDeadline));
  EXPECT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
}

TEST_F(Tls, CloseSays1001) {
  const auto port = free_port();
  Reader reader(server(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = TlsPeer::connect(port, "/x");
  ASSERT_EQ(peer->status(), 101);
  ASSERT_TRUE(peer->send("x"));
  ASSERT_TRUE(reader.until_messages(1));
  std::thread closing([&] { reader.close(); });
  EXPECT_EQ(peer->read_to_close(), 1001);
  closing.join();
  Socket again;
  EXPECT_TRUE(listen_on(port, again));
}

TEST_F(Tls, AnOldVersionNeedsLeave) {
  const auto old_peer = [](std::uint16_t port) {
    return TlsPeer::connect(port, "/x", nullptr, TLS1_1_VERSION)->status();
  };
  const auto port = free_port();
  {
    Reader reader(server(port, "/x"));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
    EXPECT_EQ(old_peer(port), 0);
    EXPECT_TRUE(reader.until_events([&] { return reader.has_log("unsupported protocol"); })) << reader.story();
  }
  Reader reader(server(port, "/x", R"(,"tlsMinVersion":"tls1.1")"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  EXPECT_EQ(old_peer(port), 101) << reader.story();
}

// Nothing is lost, nothing is mixed, whatever of it was decrypted when reading came to rest.
TEST_F(Tls, BackpressureKeepsOrderAndLosesNothing) {
  constexpr int kMessages = 5'000;
  const auto message = [](int number) {
    std::string text = std::to_string(number) + "/";
    text.resize(static_cast<std::size_t>(100 + number * 37 % 2'000), 'x');
    return text;
  };
  const auto sent_by = [&](auto& peer, std::atomic<int>& sent) {
    for (int n = 0; n < kMessages && peer->send(message(n)); ++n) ++sent;
    peer->read_to_close();
  };
  const auto check = [&](Reader& reader, const std::atomic<int>& sent) {
    ASSERT_TRUE(reader.until_held_up([&] { return sent.load(); }));
    EXPECT_LT(sent, kMessages) << "the sender is held up";
    ASSERT_TRUE(reader.until_messages(kMessages, std::chrono::seconds(60)));
    const auto messages = reader.messages();
    for (int n = 0; n < kMessages; ++n) ASSERT_EQ(messages[static_cast<std::size_t>(n)].payload, message(n));
  };
  {
    const auto port = free_port();
    Reader reader(server(port, "/x", R"(,"queueMessages":10)"));
    reader.start();
    ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
    std::atomic<int> sent{0};
    std::thread sender([&] {
      const auto peer = TlsPeer::connect(port, "/x");
      sent_by(peer, sent);
    });
    check(reader, sent);
    reader.close();
    sender.join();
  }
  TlsListener listener(good_server());
  Reader reader(dial(listener.port(), "/x", R"(,"queueBytes":"16KiB")"));
  reader.start();
  std::atomic<int> sent{0};
  std::thread sender([&] {
    const auto peer = listener.accept();
    if (peer) sent_by(peer, sent);
  });
  check(reader, sent);
  reader.close();
  sender.join();
}

}  // namespace

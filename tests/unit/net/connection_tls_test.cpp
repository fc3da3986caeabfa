// What TLS adds to a connection; the other connection tests run over it as well.
#include <gmock/gmock.h>

#include "net/connection_kit.h"
#include "net/sockets.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

constexpr Way kServer{Role::server, true};
constexpr Way kClient{Role::client, true};

ConnectionLimits quick_close() {
  ConnectionLimits limits = generous();
  limits.close_timeout = Millis(50);
  return limits;
}

TEST(ConnectionTls, AnEndBehindAMessageIsSeenAtOnce) {
  in_both_roles([](Role role) {
    Pair pair({role, true});
    pair.open();
    // In one go, and the socket stays open: nothing but the close_notify tells.
    pair.owner.when_message = [&](Connection&) { EXPECT_EQ(pair.owner.closed, 0); };
    pair.peer->send(Frame{kText, "last words"});
    EXPECT_TRUE(pair.peer->pump());
    pair.peer->tls()->say_close_notify();
    ASSERT_TRUE(pair.until([&] { return pair.owner.closed == 1; }));
    EXPECT_EQ(pair.owner.messages.size(), 1U);
    EXPECT_EQ(pair.owner.why.code, EKWS_E_EOF) << pair.owner.why.text;
    EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
  });
}

// Both in the same read buffer: OpenSSL has it, the socket is empty.
TEST(ConnectionTls, ResumesWithWhatWasDecryptedAlready) {
  in_both_roles([](Role role) {
    Pair pair({role, true}, generous(), 64);
    pair.open();
    pair.owner.when_message = [&](Connection&) { pair.owner.room = false; };
    std::string many;
    for (int i = 0; i < 100; ++i)
      many += encode({kText, std::to_string(i) + std::string(50, 'x')}, role == Role::server);
    pair.peer->send(many);  // one record
    ASSERT_TRUE(pair.until([&] {
      if (pair.owner.messages.size() == 100) return true;
      if (!pair.owner.room) {
        pair.owner.room = true;
        pair.connection().resume();
      }
      return false;
    }));
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(pair.owner.messages[i].payload, std::to_string(i) + std::string(50, 'x'));
    }
  });
}

TEST(ConnectionTls, ClosesWithCloseNotifyBehindTheCloseFrame) {
  in_both_roles([](Role role) {
    Pair pair({role, true});
    pair.open();
    pair.connection().close(1001, "over");
    EXPECT_EQ(pair.frames(1), (std::vector<Frame>{{kClose, close_payload(1001, "over")}}));
    pair.peer->send(Frame{kClose, close_payload(1001)});
    ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }));
    EXPECT_TRUE(pair.peer->tls()->ended()) << pair.peer->tls()->error();
    pair.peer->leave();
    EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
  });
}

TEST(ConnectionTls, AForgedRecordEndsIt) {
  in_both_roles([](Role role) {
    Pair pair({role, true});
    pair.open();
    const std::string forged = std::string("\x17\x03\x03\x00\x30", 5) + std::string(48, 'x');
    ASSERT_EQ(::send(SSL_get_fd(pair.peer->tls()->ssl()), forged.data(), forged.size(), 0), 53);
    ASSERT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.why.code, EKWS_E_TLS);
    EXPECT_THAT(pair.owner.why.text, HasSubstr("bad record mac"));
    EXPECT_TRUE(pair.until([&] { return pair.peer->ended(); }));
    EXPECT_THAT(pair.peer->tls()->error(), HasSubstr("bad record mac")) << "the alert came through";
  });
}

TEST(ConnectionTls, ASilentPeerIsLeftAfterHandshakeTimeout) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.handshake_timeout = Millis(30);
    Pair pair({role, true}, limits);
    pair.start();
    // Not pumped: it does not even shake hands.
    ASSERT_TRUE(pair.loop.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.closed, 1);
    EXPECT_EQ(pair.owner.why.code, EKWS_E_HANDSHAKE_TIMEOUT);
  });
}

TEST(ConnectionTls, OneTimeoutForBothHandshakes) {
  in_both_roles([](Role role) {
    ConnectionLimits limits = generous();
    limits.handshake_timeout = Millis(200);
    Pair pair({role, true}, limits);
    pair.start();
    ASSERT_TRUE(pair.until([&] { return pair.gone(); })) << "TLS is there, but no request or answer comes";
    EXPECT_EQ(pair.owner.why.code, EKWS_E_HANDSHAKE_TIMEOUT);
  });
}

TEST(ConnectionTls, APeerThatLeavesInTheHandshake) {
  in_both_roles([](Role role) {
    Pair pair({role, true});
    pair.start();
    pair.peer->leave();
    ASSERT_TRUE(pair.until([&] { return pair.gone(); }));
    EXPECT_EQ(pair.owner.why.error_class(), EKWS_CLASS_TRANSPORT) << pair.owner.why.text;
    EXPECT_THAT(pair.owner.why.text, HasSubstr("TLS handshake"));
  });
}

TEST(ConnectionTls, CloseInTheHandshakeIsAtOnce) {
  in_both_roles([](Role role) {
    Pair pair({role, true});
    pair.start();
    pair.connection().close(1001, {});
    EXPECT_EQ(pair.owner.closed, 1);
    EXPECT_EQ(pair.owner.why.code, EKWS_E_STOPPED);
    EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
  });
}

TEST(ConnectionTls, ARefusedServerReadsTheAlert) {
  Pair pair(kClient, generous());
  pair.peer->tls()->use(test::self_signed(test::Wish{}));
  pair.peer->restart_tls();
  pair.start();
  ASSERT_TRUE(pair.until([&] { return pair.owner.closed == 1; }));
  EXPECT_EQ(pair.owner.why.code, EKWS_E_TLS_CERTIFICATE);
  ASSERT_TRUE(pair.until([&] { return pair.peer->ended(); }));
  EXPECT_THAT(pair.peer->tls()->error(), HasSubstr("alert unknown ca"));
  pair.peer->leave();
  EXPECT_TRUE(pair.until([&] { return pair.gone(); }));
}

TEST(ConnectionTls, APeerThatStaysAfterItWasRefusedIsLeftAfterCloseTimeout) {
  Pair pair(kServer, quick_close());
  pair.start();
  ASSERT_EQ(::send(SSL_get_fd(pair.peer->tls()->ssl()), "GET / HTTP/1.1\r\n", 16, 0), 16);
  ASSERT_TRUE(pair.loop.until([&] { return pair.gone(); }));
  EXPECT_EQ(pair.owner.why.code, EKWS_E_TLS);
  EXPECT_EQ(pair.owner.why.text, "the peer does not speak TLS");
}

/// Over TCP: unread data turns a close into a reset, which would take the alert with it.
TEST(ConnectionTls, APeerThatHasSentMoreStillReadsTheAlert) {
  const Fd listener = listening();
  Fd theirs = connecting(port_of(listener.get()));
  Fd ours(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  TlsOptions options = server_options();
  options.client_auth = ClientAuth::need;
  options.ca = {"clientCaFile", {}, test_ca().pem()};
  TlsContext context(options);
  Loop loop;
  Owner owner;
  auto stream = context.make_stream(ours.get(), {});
  auto connection = std::make_shared<Connection>(loop.io(), std::move(ours), std::move(stream), 1, "", generous(),
                                                 owner, std::make_shared<ReadBuffer>(4096));
  connection->start_server();
  TlsPeer peer(false);
  peer.weaken(TLS1_3_VERSION);
  peer.start(theirs.get());
  // TLS 1.3: as far as the client knows all is well, and it sends its request and more.
  ASSERT_TRUE(loop.until([&] { return peer.shake_hands(); }));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(peer.write(std::string(1000, 'x')));
  ASSERT_TRUE(loop.until([&] { return owner.closed == 1; }));
  EXPECT_EQ(owner.why.text, "the client gave no certificate");
  connection = nullptr;
  ASSERT_TRUE(peer.write("and more"));
  ASSERT_TRUE(loop.until([&] {
    peer.read();
    return !peer.error().empty();
  }));
  EXPECT_THAT(peer.error(), HasSubstr("certificate required"));
}

TEST(ConnectionTls, TellsTheOwnerWhoThePeerIs) {
  TlsOptions options = server_options();
  options.client_auth = ClientAuth::want;
  options.ca = {"clientCaFile", {}, test_ca().pem()};
  Pair pair(kServer, generous(), 4096, &options);
  pair.peer->tls()->use(good_client());
  pair.peer->restart_tls();
  pair.open();
  EXPECT_EQ(pair.connection().peer_subject(), "CN=device 7");
}

}  // namespace
}  // namespace ekws::net

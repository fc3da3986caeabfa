// ekws-echo over TLS (--tls, --ca, wss://), and all its options together. The peer is OpenSSL.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "conformance/child.h"
#include "conformance/tls_wire.h"
#include "net/deflater.h"
#include "net/handshake.h"
#include "net/sockets.h"

namespace ekws::net {
namespace {

const std::string kOffer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// What the options name.
struct Files {
  test::Folder folder;
  std::string ca = folder.write("ca.pem", test_ca().pem());
  std::string server = folder.write("server.pem", good_server().pem());
  std::string server_key = folder.write("server-key.pem", good_server().key_pem());
  std::string client = folder.write("client.pem", good_client().pem());
  std::string client_key = folder.write("client-key.pem", good_client().key_pem());
};

std::uint16_t served_by(Child& server) {
  const std::string address = server.line();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

TlsWire connected_to(Child& server, TlsPeer& peer) {
  Fd fd = connecting(served_by(server));
  pollfd entry{fd.get(), POLLOUT, 0};
  EXPECT_EQ(::poll(&entry, 1, 30'000), 1);
  return TlsWire(std::move(fd), peer);
}

/// An ekws-echo that connects, with these options.
struct Connecting {
  explicit Connecting(std::vector<std::string> options)
      : listener(listening()), child([&] {
          options.insert(options.end(),
                         {"--connect", "wss://127.0.0.1:" + std::to_string(port_of(listener.get())) + "/"});
          return options;
        }()) {}
  Fd accepted() const { return Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)); }
  Fd listener;
  Child child;
};

bool handshake_as_client(TlsWire& wire, const std::string& more = {}) {
  if (!wire.shake_hands() || !wire.send(request("GET / HTTP/1.1", kUpgradeHeaders + more)) ||
      !wire.read_until("\r\n\r\n")) {
    return false;
  }
  const std::string answer = std::exchange(wire.received(), {});
  return answer.substr(0, 13) == "HTTP/1.1 101 " &&
         header_value(answer, "Sec-WebSocket-Extensions").empty() == more.empty();
}

bool handshake_as_server(TlsWire& wire, const std::string& more = {}) {
  if (!wire.shake_hands() || !wire.read_until("\r\n\r\n")) return false;
  const std::string asked = std::exchange(wire.received(), {});
  return header_value(asked, "Sec-WebSocket-Extensions").empty() == more.empty() && wire.send(response(asked, more));
}

/// `masked`: the peer is a client.
void expect_echo(TlsWire& wire, bool masked) {
  ASSERT_TRUE(wire.send(encode({kText, "Hello"}, masked) + encode({kClose, close_payload(1000)}, masked)));
  EXPECT_TRUE(wire.read_to_end());
  EXPECT_EQ(decode(wire.received(), !masked), (std::vector<Frame>{{kText, "Hello"}, {kClose, close_payload(1000)}}));
}

void expect_inflated_echo_up_to_1000(TlsWire& wire, bool masked) {
  const std::string most(1000, 'x');
  constexpr int kRsv1 = 4;
  ASSERT_TRUE(wire.send(encode({kText, deflated(most), true, kRsv1}, masked) +
                        encode({kText, deflated(most + "x"), true, kRsv1}, masked)));
  EXPECT_TRUE(wire.read_to_end());
  const auto frames = decode(wire.received(), !masked);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0], (Frame{kText, most})) << "RFC 7692 section 6: it may be sent without the bit";
  EXPECT_EQ(close_code(frames[1]), 1009);
}

TEST(EchoTls, ServerEchoes) {
  const Files files;
  Child server({"--listen", "127.0.0.1:0", "--tls", files.server, files.server_key});
  TlsPeer peer(false);
  TlsWire wire = connected_to(server, peer);
  ASSERT_TRUE(handshake_as_client(wire));
  expect_echo(wire, true);
}

TEST(EchoTls, ServerWithCaTakesClientsWithACertificateOnly) {
  const Files files;
  const std::vector<std::string> options{"--listen",       "127.0.0.1:0", "--tls", files.server,
                                         files.server_key, "--ca",        files.ca};
  {
    Child server(options);
    TlsPeer without(false);
    TlsWire wire = connected_to(server, without);
    EXPECT_FALSE(handshake_as_client(wire));
    EXPECT_NE(without.error().find("certificate"), std::string::npos) << without.error();
  }
  Child server(options);
  TlsPeer peer(false);
  peer.use(good_client());
  TlsWire wire = connected_to(server, peer);
  ASSERT_TRUE(handshake_as_client(wire)) << peer.error();
  expect_echo(wire, true);
}

TEST(EchoTls, ClientEchoes) {
  const Files files;
  Connecting echo({"--ca", files.ca});
  TlsPeer peer(true);
  TlsWire wire(echo.accepted(), peer);
  ASSERT_TRUE(handshake_as_server(wire)) << peer.error();
  expect_echo(wire, false);
  EXPECT_EQ(echo.child.wait(), 0) << echo.child.errors();
}

TEST(EchoTls, ClientRefusesACertificateOfAnother) {
  const test::Folder folder;
  const auto other = test::self_signed(test::authority("Another CA"));
  Connecting echo({"--ca", folder.write("ca.pem", other.pem())});
  TlsPeer peer(true);
  TlsWire wire(echo.accepted(), peer);
  EXPECT_FALSE(handshake_as_server(wire));
  EXPECT_EQ(echo.child.wait(), 1);
  EXPECT_NE(echo.child.errors().find("certificate"), std::string::npos);
}

TEST(EchoTls, ClientShowsItsCertificate) {
  const Files files;
  Connecting echo({"--ca", files.ca, "--tls", files.client, files.client_key});
  TlsPeer peer(true);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(peer.context()), test_ca().x509());
  SSL_CTX_set_verify(peer.context(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  TlsWire wire(echo.accepted(), peer);
  ASSERT_TRUE(handshake_as_server(wire)) << peer.error();
  expect_echo(wire, false);
  EXPECT_EQ(echo.child.wait(), 0) << echo.child.errors();
}

TEST(EchoTls, ServerTakesAllOptionsTogether) {
  const Files files;
  Child server({"--compression", "--max-message-bytes", "1000", "--tls", files.server, files.server_key, "--ca",
                files.ca, "--listen", "127.0.0.1:0"});
  TlsPeer peer(false);
  peer.use(good_client());
  TlsWire wire = connected_to(server, peer);
  ASSERT_TRUE(handshake_as_client(wire, kOffer)) << peer.error();
  expect_inflated_echo_up_to_1000(wire, true);
}

TEST(EchoTls, ClientTakesAllOptionsTogether) {
  const Files files;
  Connecting echo(
      {"--compression", "--max-message-bytes", "1000", "--tls", files.client, files.client_key, "--ca", files.ca});
  TlsPeer peer(true);
  TlsWire wire(echo.accepted(), peer);
  ASSERT_TRUE(handshake_as_server(wire, kOffer)) << peer.error();
  expect_inflated_echo_up_to_1000(wire, false);
  EXPECT_EQ(echo.child.wait(), 0) << echo.child.errors();
}

}  // namespace
}  // namespace ekws::net

// The tables on ekws-echo, which is the plugin's core in a process of its own, over TCP.
#include <sys/socket.h>

#include "conformance/child.h"
#include "conformance/handshakes.h"
#include "conformance/registry.h"
#include "net/handshake.h"
#include "net/sockets.h"

namespace ekws::net {

namespace {

std::uint16_t port_in(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

/// One for all rows that run in this process, and one with compression.
std::uint16_t server_port(bool compression) {
  if (compression) {
    static Child server({"--listen", "127.0.0.1:0", "--compression"});
    static const std::uint16_t port = port_in(server.line());
    return port;
  }
  static Child server({"--listen", "127.0.0.1:0"});
  static const std::uint16_t port = port_in(server.line());
  return port;
}

/// An ekws-echo that connects, and the server it has found.
struct Client {
  explicit Client(bool compression)
      : listener(listening()),
        child(arguments("ws://127.0.0.1:" + std::to_string(port_of(listener.get())) + "/chat", compression)),
        wire(Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC))) {}
  static std::vector<std::string> arguments(const std::string& url, bool compression) {
    if (compression) return {"--connect", url, "--compression"};
    return {"--connect", url};
  }
  Fd listener;
  Child child;
  Wire wire;
};

void finish(const Exchange& exchange, Wire& wire, Role role) {
  ASSERT_TRUE(wire.send(bytes_of(exchange, role == Role::server)));
  ASSERT_TRUE(wire.read_to_end()) << "section 7.1.1: the connection is closed behind the close frames";
  expect_answer(exchange, wire.received(), role == Role::client);
}

void run(const Exchange& exchange, Role role) {
  const bool compression = !exchange.deflate.empty();
  if (role == Role::server) {
    Wire wire = Wire::to(server_port(compression));
    ASSERT_TRUE(shake_hands_as_client(wire, exchange.extensions(role)));
    return finish(exchange, wire, role);
  }
  Client client(compression);
  ASSERT_TRUE(client.wire.send(response(receive_request(client.wire), exchange.extensions(role))));
  finish(exchange, client.wire, role);
  { const Wire gone = std::move(client.wire); }
  EXPECT_EQ(client.child.wait(), 0) << client.child.errors();
}

void run(const ServerHandshake& handshake) {
  Wire wire = Wire::to(server_port(handshake.deflate));
  ASSERT_TRUE(wire.send(handshake.request));
  ASSERT_TRUE(handshake.status == 101 ? wire.read_until("\r\n\r\n") : wire.read_to_end());
  expect_answer(handshake, wire.received());
}

void run(const ClientHandshakeAnswer& handshake) {
  Client client(handshake.deflate);
  ASSERT_TRUE(client.wire.send(answer_to(receive_request(client.wire), handshake)));
  const bool taken = handshake.error.empty();
  if (taken) {
    ASSERT_TRUE(client.wire.send(encode({kClose, close_payload(1000)}, false)));
  }
  ASSERT_TRUE(client.wire.read_to_end());
  EXPECT_EQ(decode(client.wire.received(), true).size(), taken ? 1U : 0U);
  { const Wire gone = std::move(client.wire); }
  EXPECT_EQ(client.child.wait(), taken ? 0 : 1);
  EXPECT_NE(client.child.errors().find(handshake.error), std::string::npos);
}

}  // namespace

void register_echo_tests() {
  for (const Exchange& exchange : every_exchange()) {
    for (const Role role : {Role::server, Role::client}) {
      register_test(!exchange.deflate.empty(), exchange.section, "Echo" + name_of(role, exchange.name), __FILE__,
                    __LINE__, [=] { run(exchange, role); });
    }
  }
  for (const auto& table : {server_handshakes(), deflate_offers()}) {
    for (const ServerHandshake& handshake : table) {
      register_test(handshake.deflate, handshake.section, "Echo" + name_of(Role::server, handshake.name), __FILE__,
                    __LINE__, [=] { run(handshake); });
    }
  }
  for (const auto& table : {client_handshakes(), deflate_answers()}) {
    for (const ClientHandshakeAnswer& handshake : table) {
      if (handshake.name == "TakesASubprotocolThatWasOffered") continue;  // ekws-echo offers none
      register_test(handshake.deflate, handshake.section, "Echo" + name_of(Role::client, handshake.name), __FILE__,
                    __LINE__, [=] { run(handshake); });
    }
  }
}

}  // namespace ekws::net

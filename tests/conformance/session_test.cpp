// The tables on a session in memory, in both roles and however the bytes are cut.
#include "conformance/exchange.h"
#include "conformance/handshakes.h"
#include "conformance/registry.h"
#include "net/inflate.h"
#include "net/session_kit.h"

namespace ekws::net {

namespace {

SessionCompression compression(bool on) {
  if (!on) return {};
  return {{true, Compression::kMaxWindowBits}, std::make_shared<InflateBuffer>()};
}

/// Sends back what it is given, as ekws-echo does.
class Echoing : public Recorder {
 public:
  void on_message(bool text, std::string_view payload, ekws::Bytes*) override {
    session->send({text, std::string(payload)});
  }
  Session* session = nullptr;
};

void run(const Exchange& exchange, Role role) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    const bool is_server = role == Role::server;
    Echoing echoing;
    const auto deflate = compression(!exchange.deflate.empty());
    const auto session = is_server ? Session::server(1U << 20U, echoing, deflate)
                                   : Session::client(1U << 20U, {"server.example.com", "/chat", {}}, echoing, deflate);
    echoing.session = session.get();
    const std::string extensions = exchange.extensions(role);
    feed(*session, is_server ? request("GET /chat HTTP/1.1", kUpgradeHeaders + extensions)
                             : response(session->take_output(), extensions));
    session->take_output();
    ASSERT_EQ(session->phase(), Session::Phase::open);

    feed(*session, bytes_of(exchange, is_server), cut);
    EXPECT_EQ(session->phase(), Session::Phase::over);
    EXPECT_TRUE(session->error());
    expect_answer(exchange, session->take_output(), !is_server);
  }
}

void run(const ServerHandshake& handshake) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = Session::server(1000, handler, compression(handshake.deflate));
    feed(*session, handshake.request, cut);
    const std::string output = session->take_output();
    expect_answer(handshake, output);
    EXPECT_EQ(session->phase(), handshake.status == 101 ? Session::Phase::open : Session::Phase::over);
    EXPECT_EQ(handler.opened, handshake.status == 101 ? 1 : 0);
    if (handshake.status == 101) continue;
    EXPECT_EQ(session->error().code, EKWS_E_HANDSHAKE_STATUS);
    EXPECT_TRUE(handler.requests.empty());
  }
}

void run(const ClientHandshakeAnswer& handshake) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session =
        Session::client(1000, {"server.example.com", "/chat", {{"Sec-WebSocket-Protocol", "mqtt, chat"}}}, handler,
                        compression(handshake.deflate));
    feed(*session, answer_to(session->take_output(), handshake), cut);
    if (handshake.error.empty()) {
      EXPECT_EQ(session->phase(), Session::Phase::open) << session->error().text;
      EXPECT_EQ(handler.opened, 1);
      continue;
    }
    EXPECT_EQ(session->phase(), Session::Phase::over);
    EXPECT_EQ(handler.opened, 0);
    EXPECT_TRUE(session->error().error_class() == EKWS_CLASS_HANDSHAKE) << session->error().code;
    EXPECT_NE(session->error().text.find(handshake.error), std::string::npos) << session->error().text;
    EXPECT_EQ(session->take_output(), "") << "the connection was never open: there is nothing to close in order";
  }
}

}  // namespace

void register_session_tests() {
  for (const Exchange& exchange : every_exchange()) {
    for (const Role role : {Role::server, Role::client}) {
      register_test(!exchange.deflate.empty(), exchange.section, name_of(role, exchange.name), __FILE__, __LINE__,
                    [=] { run(exchange, role); });
    }
  }
  for (const auto& table : {server_handshakes(), deflate_offers()}) {
    for (const ServerHandshake& handshake : table) {
      register_test(handshake.deflate, handshake.section, name_of(Role::server, handshake.name), __FILE__, __LINE__,
                    [=] { run(handshake); });
    }
  }
  for (const auto& table : {client_handshakes(), deflate_answers()}) {
    for (const ClientHandshakeAnswer& handshake : table) {
      register_test(handshake.deflate, handshake.section, name_of(Role::client, handshake.name), __FILE__, __LINE__,
                    [=] { run(handshake); });
    }
  }
}

}  // namespace ekws::net

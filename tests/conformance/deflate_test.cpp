// RFC 7692 as our side starts it, and limits, which no echo shows.
#include <gmock/gmock.h>

#include "net/deflater.h"
#include "net/inflate.h"
#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

SessionCompression window(int bits) { return {{true, bits}, std::make_shared<InflateBuffer>()}; }

/// A client with this window, and what it has sent.
struct Client {
  explicit Client(int bits)
      : session(Session::client(1000, {"server.example.com", "/", {}}, handler, window(bits))),
        sent(session->take_output()) {}
  void answered(const std::string& extensions) {
    feed(*session, response(sent, "Sec-WebSocket-Extensions: " + extensions + "\r\n"));
  }
  Recorder handler;
  std::unique_ptr<Session> session;
  std::string sent;
};

TEST(Rfc7692_5, ClientOffersItByName) {
  EXPECT_EQ(header_value(Client(15).sent, "Sec-WebSocket-Extensions"),
            "permessage-deflate; client_no_context_takeover; client_max_window_bits");
}

TEST(Rfc7692_5, ClientGoesOnWhereTheServerDeclines) {
  Client client(15);
  feed(*client.session, response(client.sent));
  EXPECT_EQ(client.session->phase(), Session::Phase::open);
  feed(*client.session, encode({kText, deflated("Hello"), true, 4}, false));
  EXPECT_EQ(client.session->error().code, EKWS_E_PROTOCOL) << "RFC 6455 section 5.2: nothing gives the bit a meaning";
}

TEST(Rfc7692_5, ServerThatDeclinedClosesOnTheBit) {
  Recorder handler;
  const auto session = Session::server(1000, handler, window(15));
  feed(*session,
       request("GET / HTTP/1.1", kUpgradeHeaders + std::string("Sec-WebSocket-Extensions: permessage-deflate; x\r\n")));
  feed(*session, encode({kText, deflated("Hello"), true, 4}, true));
  EXPECT_EQ(session->error().code, EKWS_E_PROTOCOL);
}

TEST(Rfc7692_7, ClientRefusesMoreThanItCanKeep) {
  for (const auto& [bits, answer, text] :
       {std::tuple(10, "permessage-deflate", "server_max_window_bits=10"),
        std::tuple(10, "permessage-deflate; server_max_window_bits=11", "server_max_window_bits=10"),
        std::tuple(0, "permessage-deflate", "server_no_context_takeover")}) {
    Client client(bits);
    EXPECT_THAT(header_value(client.sent, "Sec-WebSocket-Extensions"), HasSubstr(text));
    client.answered(answer);
    EXPECT_EQ(client.session->phase(), Session::Phase::over);
    EXPECT_EQ(client.session->error().code, EKWS_E_HANDSHAKE_INVALID);
    EXPECT_THAT(client.session->error().text, HasSubstr(text));
  }
}

TEST(Rfc7692_7_1_2_1, ClientTakesASmallerWindowThanItAskedFor) {
  for (const char* answer :
       {"permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=9"}) {
    Client client(10);
    client.answered(answer);
    EXPECT_EQ(client.session->phase(), Session::Phase::open) << client.session->error().text;
  }
}

TEST(Rfc7692_7_1_2_2, ServerAsksForASmallerWindowOnlyWhereItMay) {
  for (const auto& [offer, answer] :
       {std::pair("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=10"),
        std::pair("permessage-deflate; client_max_window_bits=12", "permessage-deflate; client_max_window_bits=10"),
        std::pair("permessage-deflate", "permessage-deflate; client_no_context_takeover")}) {
    Recorder handler;
    const auto session = Session::server(1000, handler, window(10));
    feed(*session,
         request("GET / HTTP/1.1", kUpgradeHeaders + std::string("Sec-WebSocket-Extensions: ") + offer + "\r\n"));
    EXPECT_EQ(header_value(session->take_output(), "Sec-WebSocket-Extensions"), answer) << offer;
  }
}

// Section 8 of RFC 7692 warns of it; RFC 6455 section 10.4 has limits kept on the message.
TEST(Rfc7692_8, ALimitHoldsForTheInflatedMessage) {
  in_every_way([](Role role, Cut cut) {
    Recorder handler;
    const std::string line = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    const bool server = role == Role::server;
    const auto session = server ? Session::server(1000, handler, window(15))
                                : Session::client(1000, {"h", "/", {}}, handler, window(15));
    feed(*session, server ? request("GET / HTTP/1.1", kUpgradeHeaders + line) : response(session->take_output(), line));
    session->take_output();
    feed(*session, encode({kBinary, deflated(std::string(1001, 'x')), true, 4}, server), cut);
    const auto output = decode(session->take_output(), !server);
    ASSERT_EQ(output.size(), 1U);
    EXPECT_EQ(close_code(output[0]), 1009);
    EXPECT_EQ(handler.messages.size(), 0U);
  });
}

}  // namespace
}  // namespace ekws::net

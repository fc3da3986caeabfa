// RFC 6455 section 4.1: the opening handshake as a client does it.
#include <gmock/gmock.h>

#include <set>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::unique_ptr<Session> client(Recorder& handler, Headers headers = {}) {
  return Session::client(1000, {"example.com:8080", "/a/b?x=1", std::move(headers)}, handler);
}

TEST(ClientHandshake, Section_4_1_AsksAsTheRfcWants) {
  Recorder handler;
  const std::string sent = client(handler)->take_output();
  EXPECT_THAT(sent, StartsWith("GET /a/b?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(sent, EndsWith("\r\n\r\n"));
  EXPECT_EQ(header_value(sent, "Host"), "example.com:8080");
  EXPECT_EQ(header_value(sent, "Upgrade"), "websocket");
  EXPECT_EQ(header_value(sent, "Connection"), "Upgrade");
  EXPECT_EQ(header_value(sent, "Sec-WebSocket-Version"), "13");
  EXPECT_EQ(header_value(sent, "Sec-WebSocket-Key").size(), 24U);
  EXPECT_THAT(sent, Not(HasSubstr("Sec-WebSocket-Extensions")));
  EXPECT_THAT(sent, Not(HasSubstr("Sec-WebSocket-Protocol")));
}

TEST(ClientHandshake, Section_4_1_ChoosesANewKeyEachTime) {
  Recorder handler;
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.insert(header_value(client(handler)->take_output(), "Sec-WebSocket-Key"));
  EXPECT_EQ(keys.size(), 100U);
}

TEST(ClientHandshake, SendsTheHeadersOfTheConfiguration) {
  Recorder handler;
  const std::string sent =
      client(handler, {{"Authorization", "Bearer x"}, {"X-A", "1"}, {"X-A", "2"}, {"hOST", "other:1"}})->take_output();
  EXPECT_EQ(header_value(sent, "Authorization"), "Bearer x");
  EXPECT_THAT(sent, HasSubstr("\r\nX-A: 1\r\nX-A: 2\r\n")) << "as configured, not joined";
  EXPECT_EQ(header_value(sent, "Host"), "other:1") << "once, whatever its case";
  EXPECT_THAT(sent, Not(HasSubstr("example.com")));
}

TEST(ClientHandshake, OpensOnAFittingAnswerHoweverItIsCut) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = client(handler);
    feed(*session, response(session->take_output(), "Server: x\r\n"), cut);
    EXPECT_EQ(session->phase(), Session::Phase::open);
    EXPECT_EQ(handler.opened, 1);
    EXPECT_TRUE(handler.requests.empty());
    EXPECT_EQ(session->take_output(), "");
  }
}

TEST(ClientHandshake, TakesFramesThatCameWithTheAnswer) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = client(handler);
    const std::string answer = response(session->take_output());
    feed(*session, answer + encode({kText, "first"}, false) + encode({kBinary, "second"}, false), cut);
    EXPECT_EQ(handler.messages, (std::vector<Message>{{true, "first"}, {false, "second"}}));
  }
}

struct Case {
  const char* what;
  std::string answer;  ///< "ACCEPT" stands for the right value
  int code;
  const char* text;  ///< in the error
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

const std::string k101 = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\n";
const std::string kConnection = "Connection: Upgrade\r\n";
const std::string kAccept = "Sec-WebSocket-Accept: ACCEPT\r\n";
const std::string kGood = k101 + kUpgrade + kConnection + kAccept;

const Case kCases[] = {
    {"Ok", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", EKWS_E_HANDSHAKE_STATUS, "HTTP 200 OK"},
    {"Moved", "HTTP/1.1 301 Moved Permanently\r\nLocation: /x\r\n\r\n", EKWS_E_HANDSHAKE_STATUS, "HTTP 301 Moved"},
    {"Unauthorized", "HTTP/1.1 401 Unauthorized\r\n\r\n", EKWS_E_HANDSHAKE_STATUS, "HTTP 401"},
    {"NotFound", "HTTP/1.1 404 Not Found\r\n\r\n", EKWS_E_HANDSHAKE_STATUS, "HTTP 404"},
    {"Unavailable", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n<html>", EKWS_E_HANDSHAKE_STATUS,
     "HTTP 503 Service Unavailable"},
    {"BadGatewayChunked", "HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
     EKWS_E_HANDSHAKE_STATUS, "HTTP 502"},
    {"EmptyReason", "HTTP/1.1 403 \r\n\r\n", EKWS_E_HANDSHAKE_STATUS, "HTTP 403"},

    {"NoUpgrade", k101 + kConnection + kAccept + "\r\n", EKWS_E_HANDSHAKE_INVALID, "Upgrade"},
    {"WrongUpgrade", k101 + "Upgrade: h2c\r\n" + kConnection + kAccept + "\r\n", EKWS_E_HANDSHAKE_INVALID, "Upgrade"},
    {"NoConnection", k101 + kUpgrade + kAccept + "\r\n", EKWS_E_HANDSHAKE_INVALID, "Connection"},
    {"WrongConnection", k101 + kUpgrade + "Connection: close\r\n" + kAccept + "\r\n", EKWS_E_HANDSHAKE_INVALID,
     "Connection"},
    {"NoAccept", k101 + kUpgrade + kConnection + "\r\n", EKWS_E_HANDSHAKE_INVALID, "Sec-WebSocket-Accept"},
    {"WrongAccept", k101 + kUpgrade + kConnection + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     EKWS_E_HANDSHAKE_INVALID, "Sec-WebSocket-Accept"},
    {"TwoAccepts", kGood + kAccept + "\r\n", EKWS_E_HANDSHAKE_INVALID, "Sec-WebSocket-Accept"},
    {"ExtensionNotOffered", kGood + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", EKWS_E_HANDSHAKE_INVALID,
     "extension that was not offered: permessage-deflate"},
    {"SubprotocolNotOffered", kGood + "Sec-WebSocket-Protocol: chat\r\n\r\n", EKWS_E_HANDSHAKE_INVALID,
     "subprotocol that was not offered: chat"},

    {"AnotherProtocol", "SSH-2.0-OpenSSH_9.2p1\r\n", EKWS_E_HANDSHAKE_INVALID, "does not speak HTTP"},
    {"Smtp", "220 mail.example.com ESMTP\r\n", EKWS_E_HANDSHAKE_INVALID, "does not speak HTTP"},
    {"Tls", std::string("\x15\x03\x01\x00\x02\x02\x46\r\n", 9), EKWS_E_HANDSHAKE_INVALID, "does not speak HTTP"},
    {"EmptyLine", "\r\n", EKWS_E_HANDSHAKE_INVALID, "does not speak HTTP"},
    {"StatusIsNoNumber", "HTTP/1.1 abc OK\r\n\r\n", EKWS_E_HANDSHAKE_INVALID, "does not speak HTTP"},
    {"BrokenHeader", k101 + "nonsense\r\n\r\n", EKWS_E_HANDSHAKE_INVALID, "does not speak HTTP"},
    {"LineWithoutEnd", std::string(20'000, 'x'), EKWS_E_HANDSHAKE_INVALID, "does not speak HTTP"},
    {"HeadersTooLarge", k101 + "X: " + std::string(20'000, 'x') + "\r\n\r\n", EKWS_E_HANDSHAKE_INVALID,
     "does not speak HTTP"},
};

class ClientHandshakeCases : public ::testing::TestWithParam<Case> {};

TEST_P(ClientHandshakeCases, Section_4_1_Refuses) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = client(handler);
    std::string answer = GetParam().answer;
    const std::string accept = accept_for(header_value(session->take_output(), "Sec-WebSocket-Key"));
    for (auto at = answer.find("ACCEPT"); at != std::string::npos; at = answer.find("ACCEPT")) {
      answer.replace(at, 6, accept);
    }
    feed(*session, answer, cut);
    EXPECT_EQ(session->phase(), Session::Phase::over);
    EXPECT_EQ(session->error().code, GetParam().code) << session->error().text;
    EXPECT_THAT(session->error().text, HasSubstr(GetParam().text));
    EXPECT_EQ(handler.opened, 0);
    EXPECT_EQ(session->take_output(), "") << "the connection was never open: there is nothing to close in order";
  }
}

INSTANTIATE_TEST_SUITE_P(All, ClientHandshakeCases, ::testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(given.param.what); });

// Section 4.1, items 2 and 3 of what a client validates: a match of the value or token, not of a part of it.
TEST(ClientHandshake, Section_4_1_RefusesPartsOfTheTokens) {
  for (const std::string& headers :
       {"Upgrade: notwebsocket\r\n" + kConnection, kUpgrade + "Connection: upgraded\r\n"}) {
    SCOPED_TRACE(headers);
    Recorder handler;
    const auto session = client(handler);
    const std::string accept = accept_for(header_value(session->take_output(), "Sec-WebSocket-Key"));
    feed(*session, k101 + headers + "Sec-WebSocket-Accept: " + accept + "\r\n\r\n");
    EXPECT_EQ(session->error().code, EKWS_E_HANDSHAKE_INVALID);
  }
}

TEST(ClientHandshake, TakesASubprotocolThatWasOffered) {
  Recorder handler;
  const auto session = client(handler, {{"Sec-WebSocket-Protocol", "mqtt, chat"}});
  feed(*session, response(session->take_output(), "Sec-WebSocket-Protocol: chat\r\n"));
  EXPECT_EQ(session->phase(), Session::Phase::open);
}

TEST(ClientHandshake, EndsWhereThePeerGoesBeforeItIsComplete) {
  Recorder handler;
  const auto session = client(handler);
  feed(*session, "HTTP/1.1 101");
  session->receive_end();
  EXPECT_EQ(session->phase(), Session::Phase::over);
  EXPECT_EQ(session->error().code, EKWS_E_EOF);
}

TEST(ClientHandshake, CloseBeforeItIsCompleteJustEnds) {
  Recorder handler;
  const auto session = client(handler);
  session->take_output();
  session->close(1001, "going");
  EXPECT_EQ(session->phase(), Session::Phase::over);
  EXPECT_EQ(session->error().code, EKWS_E_STOPPED);
  EXPECT_EQ(session->take_output(), "");
}

}  // namespace
}  // namespace ekws::net

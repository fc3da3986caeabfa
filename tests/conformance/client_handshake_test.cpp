// RFC 6455 section 4.1: the opening handshake as a client starts it. The answers are in handshakes_client.cpp.
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

TEST(Rfc6455_4_1, ClientAsksAsTheRfcWants) {
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

TEST(Rfc6455_4_1, ClientChoosesANewKeyEachTime) {
  Recorder handler;
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.insert(header_value(client(handler)->take_output(), "Sec-WebSocket-Key"));
  EXPECT_EQ(keys.size(), 100U);
}

TEST(Rfc6455_4_1, ClientSendsTheHeadersOfTheConfiguration) {
  Recorder handler;
  const std::string sent =
      client(handler, {{"Authorization", "Bearer x"}, {"X-A", "1"}, {"X-A", "2"}, {"hOST", "other:1"}})->take_output();
  EXPECT_EQ(header_value(sent, "Authorization"), "Bearer x");
  EXPECT_THAT(sent, HasSubstr("\r\nX-A: 1\r\nX-A: 2\r\n")) << "as configured, not joined";
  EXPECT_EQ(header_value(sent, "Host"), "other:1") << "once, whatever its case";
  EXPECT_THAT(sent, Not(HasSubstr("example.com")));
}

TEST(Rfc6455_4_1, ClientOpensOnAFittingAnswerHoweverItIsCut) {
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

TEST(Rfc6455_4_1, ClientTakesFramesThatCameWithTheAnswer) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = client(handler);
    const std::string answer = response(session->take_output());
    feed(*session, answer + encode({kText, "first"}, false) + encode({kBinary, "second"}, false), cut);
    EXPECT_EQ(handler.messages, (std::vector<Message>{{true, "first"}, {false, "second"}}));
  }
}

// RFC 9112 section 6.3: a 101 has no body, whatever it says.
TEST(Rfc6455_4_1, ClientTakesFramesBehindAnAnswerThatClaimsABody) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = client(handler);
    const std::string answer = response(session->take_output(), "Content-Length: 5\r\n");
    feed(*session, answer + encode({kText, "first"}, false), cut);
    EXPECT_EQ(handler.messages, (std::vector<Message>{{true, "first"}}));
  }
}

TEST(Rfc6455_4_1, ClientEndsWhereThePeerGoesBeforeItIsComplete) {
  Recorder handler;
  const auto session = client(handler);
  feed(*session, "HTTP/1.1 101");
  session->receive_end();
  EXPECT_EQ(session->phase(), Session::Phase::over);
  EXPECT_EQ(session->error().code, EKWS_E_EOF);
}

TEST(Rfc6455_4_1, ClientCloseBeforeItIsCompleteJustEnds) {
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

// RFC 6455 section 4.2: the opening handshake as a server sees it. What it takes and refuses: handshakes_server.cpp.
#include <gmock/gmock.h>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Answered {
  Recorder handler;
  std::string output;
  Session::Phase phase{};
  Error error;
};

Answered answer(const std::string& bytes, Cut cut = Cut::whole, Response response = {}) {
  Answered answered;
  answered.handler.answer = std::move(response);
  const auto session = Session::server(1000, answered.handler);
  feed(*session, bytes, cut);
  answered.output = session->take_output();
  answered.phase = session->phase();
  answered.error = session->error();
  return answered;
}

TEST(Rfc6455_1_3, ServerAnswersTheExampleOfTheRfc) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    const Answered answered = answer(
        request("GET /chat?x=1 HTTP/1.1", std::string(kUpgradeHeaders) + "Origin: http://example.com\r\n"
                                                                         "Sec-WebSocket-Protocol: chat, superchat\r\n"),
        cut);
    EXPECT_EQ(answered.phase, Session::Phase::open);
    EXPECT_FALSE(answered.error);
    EXPECT_THAT(answered.output, StartsWith("HTTP/1.1 101 "));
    EXPECT_EQ(header_value(answered.output, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(header_value(answered.output, "Upgrade"), "websocket");
    EXPECT_EQ(header_value(answered.output, "Connection"), "Upgrade");
    EXPECT_EQ(header_value(answered.output, "Sec-WebSocket-Protocol"), "") << "none was agreed on";
    EXPECT_EQ(header_value(answered.output, "Sec-WebSocket-Extensions"), "");
    EXPECT_EQ(answered.output.substr(answered.output.size() - 4), "\r\n\r\n");
    ASSERT_EQ(answered.handler.requests.size(), 1U);
    const Request& seen = answered.handler.requests[0];
    EXPECT_EQ(seen.target, "/chat?x=1");
    EXPECT_EQ(seen.host, "server.example.com");
    EXPECT_EQ(answered.handler.opened, 1);
  }
}

TEST(Rfc6455_4_2_1, ServerTakesHeadersThatJustFit) {
  EXPECT_THAT(
      answer(request("GET /chat HTTP/1.1", kUpgradeHeaders + ("X: " + std::string(15'000, 'x') + "\r\n"))).output,
      StartsWith("HTTP/1.1 101 "));
}

TEST(Rfc6455_4_2_2, ServerAnswersWhatTheHandlerDecides) {
  const Answered answered = answer(request(), Cut::whole, {404, "no stream listens on this path"});
  EXPECT_THAT(answered.output, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(answered.output, HasSubstr("no stream listens on this path"));
  EXPECT_EQ(answered.phase, Session::Phase::over);
  EXPECT_EQ(answered.error.code, EKWS_E_HANDSHAKE_STATUS);
  EXPECT_EQ(answered.handler.opened, 0);
}

TEST(Rfc6455_4_2_1, ServerReadsNothingBehindARefusal) {
  const Answered answered = answer(request("GET / HTTP/1.1", "Host: h\r\n") + request());
  EXPECT_EQ(answered.output.find("101"), std::string::npos);
  EXPECT_EQ(answered.phase, Session::Phase::over);
}

TEST(Rfc6455_4_2_2, ServerTakesFramesThatCameWithTheRequest) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    const Answered answered =
        answer(request() + encode({kText, "first"}, true) + encode({kBinary, "second"}, true), cut);
    EXPECT_EQ(answered.handler.messages, (std::vector<Message>{{true, "first"}, {false, "second"}}));
  }
}

TEST(Rfc6455_7_2_2, ServerEndsWhereThePeerGoesBeforeItIsComplete) {
  Recorder handler;
  const auto session = Session::server(1000, handler);
  feed(*session, "GET / HT");
  EXPECT_EQ(session->phase(), Session::Phase::opening);
  session->receive_end();
  EXPECT_EQ(session->phase(), Session::Phase::over);
  EXPECT_EQ(session->error().code, EKWS_E_EOF);
  EXPECT_EQ(session->take_output(), "");
}

}  // namespace
}  // namespace ekws::net

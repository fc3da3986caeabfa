// What a handshake is refused with, and what is told of peers that speak something else.
#include <gmock/gmock.h>

#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string refused(const std::string& answer, std::string* retry_after = nullptr) {
  Recorder handler;
  const auto session = Session::client(1000, {"host", "/chat?token=s3", {}}, handler);
  session->take_output();
  feed(*session, answer, Cut::bytes);
  EXPECT_EQ(session->phase(), Session::Phase::over) << answer;
  if (retry_after != nullptr) *retry_after = session->retry_after();
  return session->error().text;
}

TEST(ClientHandshake, KeepsRetryAfterOfARefusal) {
  std::string after;
  refused("HTTP/1.1 503 Busy\r\nretry-after: 120\r\n\r\n", &after);
  EXPECT_EQ(after, "120");
  refused("HTTP/1.1 503 Busy\r\n\r\n", &after);
  EXPECT_EQ(after, "");
}

TEST(ClientHandshake, SaysWhatWasAskedForWithoutItsQuery) {
  const std::string text = refused("HTTP/1.1 404 Not Found\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("handshake for /chat with HTTP 404 Not Found instead of 101"));
}

TEST(ClientHandshake, SaysWhereARedirectPointsWithoutItsQuery) {
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_THAT(refused("HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: wss://else/x?token=s3\r\n\r\n"),
                HasSubstr("instead of 101; it points to wss://else/x, which is not followed"));
  }
  EXPECT_THAT(refused("HTTP/1.1 302 Found\r\n\r\n"), EndsWith("instead of 101"));
  EXPECT_THAT(refused("HTTP/1.1 200 OK\r\nLocation: /x\r\n\r\n"), EndsWith("instead of 101"));
}

// Told at once, not when the peer has gone or the time is over.
TEST(ClientHandshake, OtherProtocolsAreToldAsWhatTheyAre) {
  EXPECT_THAT(refused(std::string("\x15\x03\x01", 3)), HasSubstr("the peer speaks TLS: set scheme to wss"));
  EXPECT_THAT(refused("SSH-2.0-x"), HasSubstr("the peer does not speak HTTP"));
  EXPECT_THAT(refused(std::string("\0\0\x12\4", 4)), HasSubstr("the peer does not speak HTTP")) << "HTTP/2";
}

// Told at once: neither peer would ever send what an HTTP/1.1 parser waits for.
TEST(ServerHandshake, ATlsClientHelloIsToldAsOne) {
  for (const Cut cut : {Cut::whole, Cut::bytes}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = Session::server(1000, handler);
    feed(*session, std::string("\x16\x03\x01\x02\x00\x01", 6), cut);
    EXPECT_EQ(session->phase(), Session::Phase::over);
    EXPECT_EQ(session->error().code, EKWS_E_HANDSHAKE_INVALID);
    EXPECT_THAT(session->error().text, HasSubstr("the peer speaks TLS, this listener does not"));
    EXPECT_EQ(session->take_output(), std::string("\x15\x03\x01\x00\x02\x02\x46", 7)) << "an alert, for its user";
  }
}

TEST(ServerHandshake, AnHttp2PrefaceIsToldAsOne) {
  for (const Cut cut : {Cut::whole, Cut::bytes}) {
    SCOPED_TRACE(name(cut));
    Recorder handler;
    const auto session = Session::server(1000, handler);
    feed(*session, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", cut);
    EXPECT_EQ(session->phase(), Session::Phase::over);
    EXPECT_THAT(session->error().text, HasSubstr("HTTP/1.1 here, not over HTTP/2"));
    EXPECT_THAT(session->take_output(), ::testing::StartsWith("HTTP/1.1 505 "));
  }
}

TEST(ServerHandshake, RefusesWithTheHeadersOfTheAnswer) {
  Recorder handler;
  handler.answer = {503, "full", {{"Retry-After", "10"}}};
  const auto session = Session::server(1000, handler);
  feed(*session, request());
  const std::string sent = session->take_output();
  EXPECT_THAT(sent, ::testing::StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(header_value(sent, "Retry-After"), "10");
}

}  // namespace
}  // namespace ekws::net

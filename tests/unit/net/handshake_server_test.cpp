// RFC 6455 section 4.2: the opening handshake as a server sees it.
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

TEST(ServerHandshake, Section_1_3_AnswersTheExampleOfTheRfc) {
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

struct Case {
  const char* what;
  std::string request;
  int status;  ///< 101: let in
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.what; }

std::string with(const std::string& from, const std::string& to) {
  std::string headers = kUpgradeHeaders;
  headers.replace(headers.find(from), from.size(), to);
  return request("GET /chat HTTP/1.1", headers);
}

std::string plus(const std::string& lines) { return request("GET /chat HTTP/1.1", kUpgradeHeaders + lines); }

const std::string kKeyLine = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kVersionLine = "Sec-WebSocket-Version: 13\r\n";
const std::string kUpgradeLine = "Upgrade: websocket\r\n";
const std::string kConnectionLine = "Connection: Upgrade\r\n";

const Case kCases[] = {
    {"WrittenInAnyCase", with(kUpgradeLine, "uPGRADE: WebSocket\r\n"), 101},
    {"AmongOtherUpgrades", with(kUpgradeLine, "Upgrade: h2c, websocket\r\n"), 101},
    {"AmongOtherConnectionOptions", with(kConnectionLine, "Connection: keep-alive,Upgrade\r\n"), 101},
    {"ConnectionOptionsInTwoLines", with(kConnectionLine, "Connection: keep-alive\r\nConnection: upgrade\r\n"), 101},
    {"NoSpaceBehindColons", with(kVersionLine, "Sec-WebSocket-Version:13\r\n"), 101},
    {"EmptyBody", plus("Content-Length: 0\r\n"), 101},
    {"UnknownExtensions", plus("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"), 101},

    {"PlainHttp", request("GET / HTTP/1.1", "Host: h\r\n"), 426},
    {"PlainHttp10", request("GET / HTTP/1.0", "Host: h\r\n"), 426},
    {"RequestLineOfTwoWords", request("GET /chat"), 400},  // by hand, perhaps: told what this is
    {"NoUpgrade", with(kUpgradeLine, ""), 426},
    {"AnotherUpgrade", with(kUpgradeLine, "Upgrade: h2c\r\n"), 426},
    {"PartOfAToken", with(kUpgradeLine, "Upgrade: websockets\r\n"), 426},
    {"NoConnection", with(kConnectionLine, ""), 426},
    {"AnotherConnection", with(kConnectionLine, "Connection: keep-alive\r\n"), 426},
    {"NoVersion", with(kVersionLine, ""), 426},
    {"VersionBeforeTheRfc", with(kVersionLine, "Sec-WebSocket-Version: 8\r\n"), 426},
    {"VersionToCome", with(kVersionLine, "Sec-WebSocket-Version: 14\r\n"), 426},
    {"VersionIsNoNumber", with(kVersionLine, "Sec-WebSocket-Version: x\r\n"), 426},
    {"TwoVersions", with(kVersionLine, kVersionLine + kVersionLine), 426},

    {"NoKey", with(kKeyLine, ""), 400},
    {"EmptyKey", with(kKeyLine, "Sec-WebSocket-Key: \r\n"), 400},
    {"TwoKeys", with(kKeyLine, kKeyLine + kKeyLine), 400},
    {"ShortKey", with(kKeyLine, "Sec-WebSocket-Key: c2hvcnQ=\r\n"), 400},
    {"LongKey", with(kKeyLine, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=\r\n"), 400},
    {"KeyIsNotBase64", with(kKeyLine, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j_Q==\r\n"), 400},
    {"NoHost", with("Host: server.example.com\r\n", ""), 400},
    {"Http10", request("GET /chat HTTP/1.0"), 400},
    {"Post", request("POST /chat HTTP/1.1"), 400},
    {"Head", request("HEAD /chat HTTP/1.1"), 400},
    {"LineWithoutColon", plus("nonsense\r\n"), 400},
    {"HeaderNameWithSpace", plus("a b: c\r\n"), 400},
    {"RequestLineOfOneWord", request("GET"), 400},
    {"NoHttpAtAll", "\x16\x03\x01\x02 nothing like HTTP\r\n\r\n", 400},

    {"Body", plus("Content-Length: 5\r\n") + "hello", 413},
    {"HugeBody", plus("Content-Length: 18446744073709551616\r\n"), 413},
    {"HeadersTooLarge", plus("X: " + std::string(16'000, 'x') + "\r\n"), 431},
    {"ManyHeadersTooLarge", plus([] {
       std::string lines;
       for (int i = 0; i < 1000; ++i) lines += "X-" + std::to_string(i) + ": some value\r\n";
       return lines;
     }()),
     431},
    {"HeadersWithoutEnd", "GET /chat HTTP/1.1\r\nX: " + std::string(20'000, 'x'), 431},
    {"RequestLineWithoutEnd", "GET /" + std::string(20'000, 'x'), 431},
};

class ServerHandshakeCases : public ::testing::TestWithParam<Case> {};

TEST_P(ServerHandshakeCases, Section_4_2_1) {
  const Case& c = GetParam();
  for (const Cut cut : {Cut::whole, Cut::random}) {
    SCOPED_TRACE(name(cut));
    const Answered answered = answer(c.request, cut);
    EXPECT_THAT(answered.output, StartsWith("HTTP/1.1 " + std::to_string(c.status) + " "));
    if (c.status == 101) {
      EXPECT_EQ(answered.phase, Session::Phase::open);
      EXPECT_EQ(answered.handler.opened, 1);
      continue;
    }
    EXPECT_EQ(answered.phase, Session::Phase::over);
    EXPECT_EQ(answered.error.code, EKWS_E_HANDSHAKE_STATUS);
    EXPECT_THAT(answered.error.text, HasSubstr("HTTP " + std::to_string(c.status)));
    EXPECT_EQ(answered.handler.opened, 0);
    EXPECT_TRUE(answered.handler.requests.empty());
    const std::string connection = header_value(answered.output, "Connection");
    EXPECT_EQ(connection, c.status == 426 && header_value(answered.output, "Upgrade") != "" ? "Upgrade" : "close");
  }
}

INSTANTIATE_TEST_SUITE_P(All, ServerHandshakeCases, ::testing::ValuesIn(kCases),
                         [](const auto& given) { return std::string(given.param.what); });

// A refusal nobody can read helps nobody: body and error text say what was wrong.
TEST_P(ServerHandshakeCases, SaysWhatIsWrong) {
  const Case& c = GetParam();
  if (c.status == 101) return;
  const Answered answered = answer(c.request);
  const std::string body = answered.output.substr(answered.output.find("\r\n\r\n") + 4);
  EXPECT_GT(body.size(), 5U) << answered.output;
  EXPECT_EQ(header_value(answered.output, "Content-Length"), std::to_string(body.size()));
  EXPECT_GT(answered.error.text.size(), std::string("refused with HTTP 400: ").size()) << answered.error.text;
}

// RFC 6455 section 4.4, RFC 9110 section 15.5.22.
TEST(ServerHandshake, Section_4_4_NamesTheVersionItSpeaks) {
  for (const std::string& bytes : {request("GET / HTTP/1.1", "Host: h\r\n"), with(kVersionLine, "")}) {
    EXPECT_EQ(header_value(answer(bytes).output, "Sec-WebSocket-Version"), "13");
  }
  EXPECT_EQ(header_value(answer(request("GET / HTTP/1.1", "Host: h\r\n")).output, "Upgrade"), "websocket");
}

// RFC 9112 section 3.2: a request with more than one Host is answered 400.
TEST(ServerHandshake, RefusesTwoHosts) {
  EXPECT_THAT(answer(plus("Host: other.example.com\r\n")).output, StartsWith("HTTP/1.1 400 "));
}

TEST(ServerHandshake, TakesHeadersThatJustFit) {
  EXPECT_THAT(answer(plus("X: " + std::string(15'000, 'x') + "\r\n")).output, StartsWith("HTTP/1.1 101 "));
}

TEST(ServerHandshake, AnswersWhatTheHandlerDecides) {
  const Answered answered = answer(request(), Cut::whole, {404, "no stream listens on this path"});
  EXPECT_THAT(answered.output, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(answered.output, HasSubstr("no stream listens on this path"));
  EXPECT_EQ(answered.phase, Session::Phase::over);
  EXPECT_EQ(answered.error.code, EKWS_E_HANDSHAKE_STATUS);
  EXPECT_EQ(answered.handler.opened, 0);
}

TEST(ServerHandshake, ReadsNothingBehindARefusal) {
  const Answered answered = answer(request("GET / HTTP/1.1", "Host: h\r\n") + request());
  EXPECT_EQ(answered.output.find("101"), std::string::npos);
  EXPECT_EQ(answered.phase, Session::Phase::over);
}

TEST(ServerHandshake, TakesFramesThatCameWithTheRequest) {
  for (const Cut cut : {Cut::whole, Cut::bytes, Cut::random}) {
    SCOPED_TRACE(name(cut));
    const Answered answered =
        answer(request() + encode({kText, "first"}, true) + encode({kBinary, "second"}, true), cut);
    EXPECT_EQ(answered.handler.messages, (std::vector<Message>{{true, "first"}, {false, "second"}}));
  }
}

TEST(ServerHandshake, EndsWhereThePeerGoesBeforeItIsComplete) {
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

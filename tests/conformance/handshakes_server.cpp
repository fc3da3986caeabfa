// RFC 6455 sections 4.2 and 4.4: what a server takes, and what it refuses with which status.
#include <gtest/gtest.h>

#include "conformance/handshakes.h"
#include "net/handshake.h"

namespace ekws::net {

namespace {

const std::string kGet = "GET /chat HTTP/1.1";
const std::string kHostLine = "Host: server.example.com\r\n";
const std::string kKeyLine = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string kVersionLine = "Sec-WebSocket-Version: 13\r\n";
const std::string kUpgradeLine = "Upgrade: websocket\r\n";
const std::string kConnectionLine = "Connection: Upgrade\r\n";

std::string with(const std::string& from, const std::string& to) {
  std::string headers = kUpgradeHeaders;
  headers.replace(headers.find(from), from.size(), to);
  return request(kGet, headers);
}
std::string plus(const std::string& lines) { return request(kGet, kUpgradeHeaders + lines); }
std::string many_headers() {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "X-" + std::to_string(i) + ": some value\r\n";
  return lines;
}

}  // namespace

std::vector<ServerHandshake> server_handshakes() {
  return {
      {"4_2_1", "TakesAHandshake", request(), 101},
      {"4_2_1", "TakesHeadersInAnyCase", with(kUpgradeLine, "uPGRADE: WebSocket\r\n"), 101},
      {"4_2_1", "TakesHeadersInAnyOrder",
       request(kGet, kVersionLine + kKeyLine + kConnectionLine + kUpgradeLine + kHostLine), 101},
      {"4_2_1", "TakesItAmongOtherUpgrades", with(kUpgradeLine, "Upgrade: h2c, websocket\r\n"), 101},
      {"4_2_1", "TakesItAmongOtherConnectionOptions", with(kConnectionLine, "Connection: keep-alive,Upgrade\r\n"), 101},
      {"4_2_1", "TakesConnectionOptionsInTwoLines",
       with(kConnectionLine, "Connection: keep-alive\r\nConnection: upgrade\r\n"), 101},
      {"4_2_1", "TakesColonsWithoutSpace", with(kVersionLine, "Sec-WebSocket-Version:13\r\n"), 101},
      {"4_2_1", "TakesAnEmptyBody", plus("Content-Length: 0\r\n"), 101},
      {"4_2_1", "TakesAnOrigin", plus("Origin: http://example.com\r\n"), 101},
      {"4_2_1", "TakesHeadersItDoesNotKnow", plus("X: y\r\nCookie: a=b\r\n"), 101},
      {"4_2_2", "ChoosesNoneOfTheSubprotocols", plus("Sec-WebSocket-Protocol: mqtt, chat\r\n"), 101},
      {"4_2_2", "ChoosesNoExtensionItDoesNotKnow", plus("Sec-WebSocket-Extensions: x-unknown; a=b, x-other\r\n"), 101},
      {"4_2_2", "ChoosesNoExtensionThatIsOff", plus("Sec-WebSocket-Extensions: permessage-deflate\r\n"), 101},

      {"4_2_1", "RefusesPlainHttp", request("GET / HTTP/1.1", "Host: h\r\n"), 426},
      {"4_2_1", "RefusesPlainHttp10", request("GET / HTTP/1.0", "Host: h\r\n"), 426},
      {"4_2_1", "RefusesNoUpgrade", with(kUpgradeLine, ""), 426},
      {"4_2_1", "RefusesAnEmptyUpgrade", with(kUpgradeLine, "Upgrade: \r\n"), 426},
      {"4_2_1", "RefusesAnotherUpgrade", with(kUpgradeLine, "Upgrade: h2c\r\n"), 426},
      {"4_2_1", "RefusesAPartOfTheToken", with(kUpgradeLine, "Upgrade: websockets\r\n"), 426},
      {"4_2_1", "RefusesNoConnection", with(kConnectionLine, ""), 426},
      {"4_2_1", "RefusesAnotherConnection", with(kConnectionLine, "Connection: keep-alive\r\n"), 426},

      {"4_2_2", "RefusesNoVersion", with(kVersionLine, ""), 426},
      {"4_2_2", "RefusesAVersionBeforeTheRfc", with(kVersionLine, "Sec-WebSocket-Version: 8\r\n"), 426},
      {"4_2_2", "RefusesAVersionToCome", with(kVersionLine, "Sec-WebSocket-Version: 14\r\n"), 426},
      {"4_2_2", "RefusesAVersionThatIsNoNumber", with(kVersionLine, "Sec-WebSocket-Version: x\r\n"), 426},
      {"4_2_2", "RefusesALeadingZero", with(kVersionLine, "Sec-WebSocket-Version: 013\r\n"), 426},
      {"4_2_2", "RefusesTwoVersions", with(kVersionLine, kVersionLine + kVersionLine), 426},

      {"9_1", "RefusesMalformedExtensions", plus("Sec-WebSocket-Extensions: a;;b\r\n"), 400},

      {"4_2_1", "RefusesNoKey", with(kKeyLine, ""), 400},
      {"4_2_1", "RefusesAnEmptyKey", with(kKeyLine, "Sec-WebSocket-Key: \r\n"), 400},
      {"4_2_1", "RefusesTwoKeys", with(kKeyLine, kKeyLine + kKeyLine), 400},
      {"4_2_1", "RefusesAShortKey", with(kKeyLine, "Sec-WebSocket-Key: c2hvcnQ=\r\n"), 400},
      {"4_2_1", "RefusesALongKey", with(kKeyLine, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=\r\n"), 400},
      {"4_2_1", "RefusesAKeyThatIsNotBase64", with(kKeyLine, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j_Q==\r\n"), 400},
      {"4_2_1", "RefusesNoHost", with(kHostLine, ""), 400},
      {"4_2_1", "RefusesTwoHosts", plus("Host: other.example.com\r\n"), 400},
      {"4_2_1", "RefusesHttp10", request("GET /chat HTTP/1.0"), 400},
      {"4_2_1", "RefusesPost", request("POST /chat HTTP/1.1"), 400},
      {"4_2_1", "RefusesHead", request("HEAD /chat HTTP/1.1"), 400},
      {"4_2_1", "RefusesAFoldedHeader", with(kKeyLine, "Sec-WebSocket-Key:\r\n dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400},
      {"4_2_1", "RefusesAFoldedVersion", with(kVersionLine, "Sec-WebSocket-Version:\r\n 13\r\n"), 400},
      {"4_2_1", "RefusesAHeaderFoldedIntoALineOfItsOwn", with(kVersionLine, "X: y\r\n " + kVersionLine), 400},
      {"4_2_1", "RefusesAHeaderFoldedWithATab", with(kVersionLine, "X: y\r\n\t" + kVersionLine), 400},
      {"4_2_1", "RefusesSpaceBeforeAColon", with(kVersionLine, "Sec-WebSocket-Version : 13\r\n"), 400},
      {"4_2_1", "RefusesALineWithoutColon", plus("nonsense\r\n"), 400},
      {"4_2_1", "RefusesAHeaderNameWithSpace", plus("a b: c\r\n"), 400},
      {"4_2_1", "RefusesAHeaderWithoutName", plus(": c\r\n"), 400},
      {"4_2_1", "RefusesARequestLineOfOneWord", request("GET"), 400},
      {"4_2_1", "RefusesARequestLineOfTwoWords", request("GET /chat"), 400},
      {"4_2_1", "RefusesWhatIsNoHttpAtAll", "\x01\x02\x03 nothing like HTTP\r\n\r\n", 400},

      {"4_2_1", "RefusesABody", plus("Content-Length: 5\r\n") + "hello", 413},
      {"4_2_1", "RefusesAHugeBody", plus("Content-Length: 18446744073709551616\r\n"), 413},
      {"4_2_1", "RefusesALongHeader", plus("X: " + std::string(16'000, 'x') + "\r\n"), 431},
      {"4_2_1", "RefusesManyHeaders", plus(many_headers()), 431},
      {"4_2_1", "RefusesHeadersWithoutEnd", kGet + "\r\nX: " + std::string(20'000, 'x'), 431},
      {"4_2_1", "RefusesARequestLineWithoutEnd", "GET /" + std::string(20'000, 'x'), 431},
  };
}

void expect_answer(const ServerHandshake& handshake, const std::string& output) {
  EXPECT_EQ(output.substr(0, 13), "HTTP/1.1 " + std::to_string(handshake.status) + " ") << output;
  const auto end = output.find("\r\n\r\n");
  ASSERT_NE(end, std::string::npos) << output;
  const std::string body = output.substr(end + 4);
  if (handshake.status == 101) {
    EXPECT_EQ(header_value(output, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(header_value(output, "Upgrade"), "websocket");
    EXPECT_EQ(header_value(output, "Connection"), "Upgrade");
    EXPECT_EQ(output.find("Sec-WebSocket-Protocol"), std::string::npos) << "none was agreed on";
    EXPECT_EQ(header_value(output, "Sec-WebSocket-Extensions"), handshake.extensions);
    EXPECT_EQ(output.find("Sec-WebSocket-Extensions") == std::string::npos, handshake.extensions.empty());
    EXPECT_EQ(body, "");
    return;
  }
  // A refusal that nobody can read helps nobody.
  EXPECT_EQ(header_value(output, "Content-Length"), std::to_string(body.size()));
  EXPECT_GT(body.size(), 5U);
  const bool names_version = handshake.status == 426;  // section 4.4, RFC 9110 section 15.5.22
  EXPECT_EQ(header_value(output, "Sec-WebSocket-Version"), names_version ? "13" : "");
  const bool asks_for_upgrade = !header_value(output, "Upgrade").empty();
  EXPECT_EQ(header_value(output, "Connection"), asks_for_upgrade ? "Upgrade" : "close");
}

}  // namespace ekws::net

// RFC 6455 section 4.1, second part: the server's answers that a client takes, and those it refuses.
#include "conformance/handshakes.h"
#include "net/handshake.h"

namespace ekws::net {

namespace {

const std::string k101 = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\n";
const std::string kConnection = "Connection: Upgrade\r\n";
const std::string kAccept = "Sec-WebSocket-Accept: ACCEPT\r\n";
const std::string kGood = k101 + kUpgrade + kConnection + kAccept;
const std::string kWrong = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const std::string kNoHttp = "does not speak HTTP";

std::string of(const std::string& upgrade, const std::string& connection, const std::string& accept) {
  return k101 + upgrade + connection + accept + "\r\n";
}

}  // namespace

std::vector<ClientHandshakeAnswer> client_handshakes() {
  return {
      {"4_1", "TakesAFittingAnswer", kGood + "\r\n", ""},
      {"4_1", "TakesHeadersInAnyCase",
       of("uPGRADE: WebSocket\r\n", "connection: upgrade\r\n", "SEC-WEBSOCKET-ACCEPT:  ACCEPT \r\n"), ""},
      {"4_1", "TakesHeadersInAnyOrder", of("Server: x\r\n" + kAccept, kConnection, kUpgrade), ""},
      {"4_1", "TakesUpgradeAmongOtherConnectionOptions", of(kUpgrade, "Connection: keep-alive, Upgrade\r\n", kAccept),
       ""},
      {"4_1", "TakesAnyReasonPhrase", "HTTP/1.1 101 \r\n" + kUpgrade + kConnection + kAccept + "\r\n", ""},
      {"4_1", "TakesASubprotocolThatWasOffered", kGood + "Sec-WebSocket-Protocol: chat\r\n\r\n", ""},

      {"4_1", "RefusesStatus200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP 200 OK"},
      {"4_1", "RefusesStatus200WithAllTheRest", "HTTP/1.1 200 OK\r\n" + kUpgrade + kConnection + kAccept + "\r\n",
       "HTTP 200 OK"},
      {"4_1", "RefusesStatus301", "HTTP/1.1 301 Moved Permanently\r\nLocation: /x\r\n\r\n", "HTTP 301 Moved"},
      {"4_1", "RefusesStatus401", "HTTP/1.1 401 Unauthorized\r\n\r\n", "HTTP 401"},
      {"4_1", "RefusesStatus403WithoutReason", "HTTP/1.1 403 \r\n\r\n", "HTTP 403"},
      {"4_1", "RefusesStatus404", "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP 404"},
      {"4_1", "RefusesStatus426", "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 8, 7\r\n\r\n",
       "HTTP 426 Upgrade Required"},
      {"4_1", "RefusesStatus503", "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n<html>",
       "HTTP 503 Service Unavailable"},
      {"4_1", "RefusesStatus502InChunks",
       "HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP 502"},

      {"4_1", "RefusesNoUpgrade", of("", kConnection, kAccept), "Upgrade"},
      {"4_1", "RefusesAnEmptyUpgrade", of("Upgrade: \r\n", kConnection, kAccept), "Upgrade"},
      {"4_1", "RefusesAnotherUpgrade", of("Upgrade: h2c\r\n", kConnection, kAccept), "Upgrade"},
      {"4_1", "RefusesAnotherUpgradeBesideIt", of("Upgrade: websocket, h2c\r\n", kConnection, kAccept), "Upgrade"},
      {"4_1", "RefusesAnotherUpgradeInALineOfItsOwn", of(kUpgrade + "Upgrade: h2c\r\n", kConnection, kAccept),
       "Upgrade"},
      {"4_1", "RefusesTheUpgradeTwice", of(kUpgrade + kUpgrade, kConnection, kAccept), "Upgrade"},
      {"4_1", "RefusesAPartOfTheUpgradeToken", of("Upgrade: notwebsocket\r\n", kConnection, kAccept), "Upgrade"},
      {"4_1", "RefusesNoConnection", of(kUpgrade, "", kAccept), "Connection"},
      {"4_1", "RefusesAnotherConnection", of(kUpgrade, "Connection: close\r\n", kAccept), "Connection"},
      {"4_1", "RefusesAPartOfTheConnectionToken", of(kUpgrade, "Connection: upgraded\r\n", kAccept), "Connection"},
      {"4_1", "RefusesNoAccept", of(kUpgrade, kConnection, ""), "Sec-WebSocket-Accept"},
      {"4_1", "RefusesAnEmptyAccept", of(kUpgrade, kConnection, "Sec-WebSocket-Accept: \r\n"), "Sec-WebSocket-Accept"},
      {"4_1", "RefusesAWrongAccept", of(kUpgrade, kConnection, kWrong), "Sec-WebSocket-Accept"},
      {"4_1", "RefusesAnAcceptInAnotherCase", of(kUpgrade, kConnection, "Sec-WebSocket-Accept: accept\r\n"),
       "Sec-WebSocket-Accept"},
      {"4_1", "RefusesTwoAccepts", of(kUpgrade, kConnection, kAccept + kAccept), "Sec-WebSocket-Accept"},
      {"4_1", "RefusesAWrongAcceptBesideTheRightOne", of(kUpgrade, kConnection, kAccept + kWrong),
       "Sec-WebSocket-Accept"},
      {"4_1", "RefusesAFoldedAccept", of(kUpgrade, kConnection, "Sec-WebSocket-Accept:\r\n ACCEPT\r\n"), kNoHttp},
      {"4_1", "RefusesAFoldedUpgrade", of("Upgrade:\r\n websocket\r\n", kConnection, kAccept), kNoHttp},
      {"4_1", "RefusesAHeaderFoldedIntoALineOfItsOwn", of(kUpgrade, kConnection, "X: y\r\n " + kAccept), kNoHttp},

      {"4_1", "RefusesAnExtensionItDidNotOffer", kGood + "Sec-WebSocket-Extensions: x-unknown\r\n\r\n",
       "extension that was not offered: x-unknown"},
      {"9_1", "RefusesMalformedExtensions", kGood + "Sec-WebSocket-Extensions: a;;b\r\n\r\n",
       "Sec-WebSocket-Extensions is malformed"},
      {"4_1", "RefusesAnEmptyExtension", kGood + "Sec-WebSocket-Extensions: \r\n\r\n", "Sec-WebSocket-Extensions"},
      {"4_1", "RefusesASubprotocolItDidNotOffer", kGood + "Sec-WebSocket-Protocol: stomp\r\n\r\n",
       "subprotocol that was not offered: stomp"},
      {"4_1", "RefusesASubprotocolInAnotherCase", kGood + "Sec-WebSocket-Protocol: Chat\r\n\r\n", "not offered: Chat"},
      {"4_1", "RefusesTwoSubprotocols", kGood + "Sec-WebSocket-Protocol: chat, mqtt\r\n\r\n",
       "not offered: chat, mqtt"},
      {"4_1", "RefusesTheSubprotocolTwice",
       kGood + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n\r\n", "not offered: chat, chat"},
      {"4_2_2", "RefusesAnEmptySubprotocol", kGood + "Sec-WebSocket-Protocol: \r\n\r\n", "subprotocol"},

      {"4_1", "RefusesAnotherProtocol", "SSH-2.0-OpenSSH_9.2p1\r\n", kNoHttp},
      {"4_1", "RefusesSmtp", "220 mail.example.com ESMTP\r\n", kNoHttp},
      {"4_1", "RefusesTls", std::string("\x15\x03\x01\x00\x02\x02\x46\r\n", 9), "the peer speaks TLS"},
      {"4_1", "RefusesAnEmptyLine", "\r\n", kNoHttp},
      {"4_1", "RefusesAStatusThatIsNoNumber", "HTTP/1.1 abc OK\r\n\r\n", kNoHttp},
      {"4_1", "RefusesALineWithoutColon", k101 + "nonsense\r\n\r\n", kNoHttp},
      {"4_1", "RefusesALineWithoutEnd", std::string(20'000, 'x'), kNoHttp},
      {"4_1", "RefusesALongHeader", k101 + "X: " + std::string(20'000, 'x') + "\r\n\r\n", kNoHttp},
  };
}

std::string answer_to(const std::string& request, const ClientHandshakeAnswer& handshake) {
  std::string answer = handshake.answer;
  const std::string accept = accept_for(header_value(request, "Sec-WebSocket-Key"));
  std::string lower = accept;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const auto& [word, value] : {std::pair("ACCEPT\r", accept + "\r"), std::pair("ACCEPT ", accept + " "),
                                    std::pair("accept\r", lower + "\r")}) {
    for (auto at = answer.find(word); at != std::string::npos; at = answer.find(word)) {
      answer.replace(at, std::string(word).size(), value);
    }
  }
  return answer;
}

}  // namespace ekws::net

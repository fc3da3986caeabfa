// RFC 7692 sections 5 and 7: what a server answers an offer of permessage-deflate with, and which answers a client
// takes. Both have compression on, with the largest window.
#include "conformance/handshakes.h"
#include "net/handshake.h"

namespace ekws::net {

namespace {

const std::string kPmd = "permessage-deflate";

ServerHandshake offers(const std::string& section, const std::string& name, const std::string& offer,
                       const std::string& answer) {
  const std::string line = "Sec-WebSocket-Extensions: " + offer + "\r\n";
  return {section, name, request("GET /chat HTTP/1.1", kUpgradeHeaders + line), 101, true, answer};
}

ClientHandshakeAnswer answers(const std::string& section, const std::string& name, const std::string& answer,
                              const std::string& error = {}) {
  return {section, name,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
          "ACCEPT\r\nSec-WebSocket-Extensions: " +
              answer + "\r\n\r\n",
          error, true};
}

struct Parameter {
  const char* name;
  const char* text;
};

/// Section 7: unknown, with an invalid value, or twice; in an offer as in an answer.
const Parameter kWrong[] = {
    {"AnUnknownParameter", "unknown"},
    {"AnUnknownParameterWithAValue", "unknown=1"},
    {"AParameterInAnotherCase", "Server_No_Context_Takeover"},
    {"ServerNoContextTakeoverWithAValue", "server_no_context_takeover=1"},
    {"ClientNoContextTakeoverWithAValue", "client_no_context_takeover=15"},
    {"ServerWindowWithoutAValue", "server_max_window_bits"},
    {"ServerWindow7", "server_max_window_bits=7"},
    {"ServerWindow16", "server_max_window_bits=16"},
    {"ServerWindowWithALeadingZero", "server_max_window_bits=08"},
    {"ServerWindowThatIsNoNumber", "server_max_window_bits=1x"},
    {"ClientWindow7", "client_max_window_bits=7"},
    {"ClientWindow16", "client_max_window_bits=16"},
    {"ClientWindowWithALeadingZero", "client_max_window_bits=010"},
    {"ClientWindowThatIsNoNumber", "client_max_window_bits=-9"},
    {"ServerNoContextTakeoverTwice", "server_no_context_takeover; server_no_context_takeover"},
    {"ClientNoContextTakeoverTwice", "client_no_context_takeover; client_no_context_takeover"},
    {"ServerWindowTwice", "server_max_window_bits=10; server_max_window_bits=10"},
    {"ClientWindowTwice", "client_max_window_bits=10; client_max_window_bits=10"},
    {"OneThatIsWrongBesideOneThatIsRight", "server_no_context_takeover; client_max_window_bits=99"},
};

}  // namespace

std::vector<ServerHandshake> deflate_offers() {
  std::vector<ServerHandshake> table{
      offers("5", "AcceptsAnOffer", kPmd, kPmd),
      offers("5", "DeclinesAnotherExtension", "x-webkit-deflate-frame", ""),
      offers("5", "AcceptsTheFirstOfferThatItCan",
             "x-other, " + kPmd + "; unknown, " + kPmd + "; client_max_window_bits=10, " + kPmd,
             kPmd + "; client_max_window_bits=10"),
      offers("5", "AcceptsAnOfferInALineOfItsOwn", "x-other\r\nSec-WebSocket-Extensions: " + kPmd, kPmd),
      offers("7", "DeclinesTheClientWindowTwiceOnceWithoutAValue",
             kPmd + "; client_max_window_bits; client_max_window_bits=10", ""),
      offers("7_1_1_1", "GrantsServerNoContextTakeover", kPmd + "; server_no_context_takeover",
             kPmd + "; server_no_context_takeover"),
      offers("7_1_1_2", "HoldsAClientToNoContextTakeover", kPmd + "; client_no_context_takeover",
             kPmd + "; client_no_context_takeover"),
      offers("7_1_2_1", "TakesAWindowInQuotes", kPmd + "; server_max_window_bits=\"10\"",
             kPmd + "; server_max_window_bits=10"),
      offers("7_1_2_2", "SaysNothingOfTheClientWindowUnasked", kPmd, kPmd),
      offers("7_1_2_2", "MayLeaveAHintUnanswered", kPmd + "; client_max_window_bits", kPmd),
      offers("7_1_3", "AnswersTheExampleOfASmallServerWindow",
             kPmd + "; client_max_window_bits; server_max_window_bits=10", kPmd + "; server_max_window_bits=10"),
      offers("7_1_3", "AnswersTheExampleOfTwoOffers",
             kPmd + "; client_max_window_bits; server_max_window_bits=10, " + kPmd + "; client_max_window_bits",
             kPmd + "; server_max_window_bits=10"),
  };
  for (const Parameter& wrong : kWrong) {
    table.push_back(offers("7", std::string("Declines") + wrong.name, kPmd + "; " + wrong.text, ""));
  }
  for (int bits = 8; bits <= 15; ++bits) {
    const std::string value = std::to_string(bits);
    table.push_back(offers("7_1_2_1", "GrantsAServerWindowOf" + value, kPmd + "; server_max_window_bits=" + value,
                           kPmd + "; server_max_window_bits=" + value));
    table.push_back(offers("7_1_2_2", "HoldsAClientToItsWindowOf" + value, kPmd + "; client_max_window_bits=" + value,
                           bits == 15 ? kPmd : kPmd + "; client_max_window_bits=" + value));
  }
  return table;
}

std::vector<ClientHandshakeAnswer> deflate_answers() {
  std::vector<ClientHandshakeAnswer> table{
      answers("5", "TakesWhatItOffered", kPmd),
      answers("5", "RefusesAnotherExtension", "x-other", "extension that was not offered: x-other"),
      answers("5", "RefusesAnotherExtensionBesideIt", kPmd + ", x-other", "extension that was not offered: x-other"),
      answers("6", "RefusesTwoThatUseTheSameBit", kPmd + ", " + kPmd, "permessage-deflate twice"),
      answers("7", "RefusesClientWindowWithoutAValue", kPmd + "; client_max_window_bits", "client_max_window_bits"),
      answers("7_1_1_1", "TakesServerNoContextTakeoverUnasked", kPmd + "; server_no_context_takeover"),
      answers("7_1_1_2", "TakesClientNoContextTakeover", kPmd + "; client_no_context_takeover"),
      answers("7_1_2_1", "TakesAServerWindowUnasked", kPmd + "; server_max_window_bits=8"),
      answers("7_1_2_2", "TakesAClientWindow", kPmd + "; client_max_window_bits=8"),
      answers("7_1", "TakesEveryParameterAtOnce",
              kPmd + "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; "
                     "client_max_window_bits=15"),
  };
  for (const Parameter& wrong : kWrong) {
    table.push_back(
        answers("7", std::string("Refuses") + wrong.name, kPmd + "; " + wrong.text, "unknown, repeated or invalid"));
  }
  return table;
}

}  // namespace ekws::net

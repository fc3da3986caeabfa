// RFC 6455 sections 5.5, 5.5.2 and 5.5.3: control frames, ping and pong.
#include "conformance/exchange.h"

namespace ekws::net {

Table control() {
  Table table;
  for (const auto& [opcode, what] : {std::pair(kPing, "Ping"), std::pair(kPong, "Pong"), std::pair(kClose, "Close")}) {
    const std::string code = opcode == kClose ? close_payload(1000) : std::string();
    const std::string name = what;
    table.push_back(
        closes("5_5", "ClosesOnA" + name + "Of126Bytes", {{opcode, code + std::string(126 - code.size(), 'x')}}, 1002));
    table.push_back(closes("5_5", "ClosesOnA" + name + "Of65536Bytes",
                           {{opcode, code + std::string(65536 - code.size(), 'x')}}, 1002));
    table.push_back(closes("5_5", "ClosesOnAFragmented" + name, {{opcode, code, false}, {kContinuation, ""}}, 1002));
  }

  for (const auto& [payload, what] :
       {std::pair(std::string(), "Empty"), std::pair(std::string("hello"), "Text"),
        std::pair(std::string("\0\xff\xfe", 3), "Binary"), std::pair(std::string(125, 'x'), "Longest")}) {
    table.push_back(fine("5_5_2", std::string("AnswersA") + what + "Ping", {{kPing, payload}}, {{kPong, payload}}));
  }
  std::vector<Frame> pings;
  std::vector<Frame> pongs;
  for (int i = 0; i < 10; ++i) {
    pings.push_back({kPing, "payload " + std::to_string(i)});
    pongs.push_back({kPong, "payload " + std::to_string(i)});
  }
  // Section 5.5.3 lets all but the last be left out; suites of others ask for each one.
  table.push_back(fine("5_5_2", "AnswersTenPingsInTurn", pings, pongs));
  table.push_back(fine("5_5_2", "AnswersAPingBeforeTheMessageBehindIt", {{kPing, "p"}, {kText, "t"}},
                       {{kPong, "p"}, {kText, "t"}}));
  table.push_back(
      closes("5_5_2", "AnswersNoPingBehindTheCloseFrame", {{kClose, close_payload(1000)}, {kPing, "p"}}, 1000));

  table.push_back(
      fine("5_5_3", "TakesUnsolicitedPongs", {{kPong, ""}, {kPong, "anything"}, {kText, "t"}}, {{kText, "t"}}));
  return table;
}

}  // namespace ekws::net

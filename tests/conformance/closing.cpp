// RFC 6455 sections 5.5.1 and 7: the closing handshake as the peer starts it, and its codes.
#include "conformance/exchange.h"

namespace ekws::net {

Table closing() {
  Table table{
      closes("5_5_1", "AnswersACloseFrameWithoutACode", {{kClose, ""}}, kNoCode),
      closes("5_5_1", "AnswersACloseFrameWithAReason", {{kClose, close_payload(1001, "going away")}}, 1001),
      closes("5_5_1", "AnswersACloseFrameWithTheLongestReason", {{kClose, close_payload(1000, std::string(123, 'x'))}},
             1000),
      closes("5_5_1", "ClosesOnACloseFrameOfOneByte", {{kClose, "\x03"}}, 1002),
      closes("5_5_1", "TakesWhatCameBeforeTheCloseFrame", {{kText, "last"}, {kClose, close_payload(1000)}}, 1000,
             {{kText, "last"}}),
      closes("5_5_1", "IgnoresFramesBehindTheCloseFrame",
             {{kClose, close_payload(1000)}, {kText, "late"}, {kBinary, "late", false}, {3, "late", true, 7}}, 1000),
      closes("5_5_1", "SendsPongsBeforeItsCloseFrame", {{kPing, "p"}, {kClose, close_payload(1000)}}, 1000,
             {{kPong, "p"}}),
      closes("7_1_7", "IgnoresFramesBehindAViolation",
             {{kText, "before"}, {3, "x"}, {kText, "late"}, {kClose, close_payload(1000)}}, 1002, {{kText, "before"}}),
  };
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014}) {
    table.push_back(
        closes("7_4_1", "AnswersCode" + std::to_string(code), {{kClose, close_payload(code, "why")}}, code));
  }
  for (const int code : {1004, 1005, 1006, 1015}) {
    table.push_back(closes("7_4_1", "ClosesOnCode" + std::to_string(code), {{kClose, close_payload(code)}}, 1002));
  }
  for (const int code : {3000, 3999, 4000, 4999}) {
    table.push_back(closes("7_4_2", "AnswersCode" + std::to_string(code), {{kClose, close_payload(code)}}, code));
  }
  for (const int code : {0, 1, 999, 1016, 1100, 2000, 2999, 5000, 65535}) {
    table.push_back(
        closes("7_4_2", "ClosesOnCode" + std::to_string(code), {{kClose, close_payload(code, "why")}}, 1002));
  }
  return table;
}

}  // namespace ekws::net

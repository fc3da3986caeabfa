// RFC 6455 section 5.4: fragments, and control frames between them.
#include "conformance/exchange.h"

namespace ekws::net {

Table fragmentation() {
  Table table{
      fine("5_4", "JoinsFragments",
           {{kText, "one ", false}, {kContinuation, "two ", false}, {kContinuation, "three"}, {kBinary, "x"}},
           {{kText, "one two three"}, {kBinary, "x"}}),
      fine("5_4", "JoinsEmptyFragments",
           {{kText, "", false},
            {kContinuation, "", false},
            {kContinuation, ""},
            {kBinary, "", false},
            {kContinuation, "x"},
            {kBinary, "y", false},
            {kContinuation, ""}},
           {{kText, ""}, {kBinary, "x"}, {kBinary, "y"}}),
      fine("5_4", "TakesAPingBetweenFragments", {{kText, "a", false}, {kPing, "p"}, {kContinuation, "b"}},
           {{kPong, "p"}, {kText, "ab"}}),
      fine("5_4", "TakesPingsAndPongsBetweenFragments",
           {{kBinary, "a", false},
            {kPing, "1"},
            {kPong, "unsolicited"},
            {kContinuation, "b", false},
            {kPing, "2"},
            {kPing, ""},
            {kContinuation, "c"}},
           {{kPong, "1"}, {kPong, "2"}, {kPong, ""}, {kBinary, "abc"}}),
      closes("5_4", "TakesACloseBetweenFragments", {{kText, "a", false}, {kClose, close_payload(1001)}}, 1001),

      closes("5_4", "ClosesOnAContinuationOfNothing", {{kContinuation, "x"}}, 1002),
      closes("5_4", "ClosesOnAnUnfinishedContinuationOfNothing", {{kContinuation, "x", false}}, 1002),
      closes("5_4", "ClosesOnAContinuationBehindAWholeMessage", {{kText, "x"}, {kContinuation, "y"}}, 1002,
             {{kText, "x"}}),
      closes("5_4", "ClosesOnAContinuationBehindAFinishedOne",
             {{kText, "x", false}, {kContinuation, "y"}, {kContinuation, "z"}}, 1002, {{kText, "xy"}}),
      closes("5_4", "ClosesOnTextInsideText", {{kText, "x", false}, {kText, "y"}}, 1002),
      closes("5_4", "ClosesOnBinaryInsideText", {{kText, "x", false}, {kBinary, "y"}}, 1002),
      closes("5_4", "ClosesOnTextInsideBinary", {{kBinary, "x", false}, {kText, "y"}}, 1002),
      closes("5_4", "ClosesOnAnUnfinishedMessageInsideAnother",
             {{kBinary, "x", false}, {kContinuation, "y", false}, {kBinary, "z", false}}, 1002),
  };
  std::string whole;
  std::vector<Frame> sent;
  for (std::size_t size = 1; size <= 50; ++size) {
    const std::string part(size, static_cast<char>('a' + size % 26));
    whole += part;
    sent.push_back({sent.empty() ? kBinary : kContinuation, part, size == 50});
  }
  table.push_back(fine("5_3", "UnmasksFragmentsOfEverySize", sent, {{kBinary, whole}}));
  sent.assign(1000, {kContinuation, "", false});
  sent.front() = {kText, "first", false};
  sent.back() = {kContinuation, " last"};
  table.push_back(fine("5_4", "JoinsAThousandFragments", sent, {{kText, "first last"}}));
  return table;
}

}  // namespace ekws::net

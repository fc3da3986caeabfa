// RFC 6455 sections 5.6, 6 and 8.1: messages, and text that is UTF-8 or is not.
#include "conformance/exchange.h"

namespace ekws::net {

namespace {

struct Text {
  const char* what;
  std::string text;
};

const Text kGood[] = {
    {"Ascii", "\x7f"},
    {"FirstOfTwoBytes", "\xc2\x80"},
    {"LastOfTwoBytes", "\xdf\xbf"},
    {"FirstOfThreeBytes", "\xe0\xa0\x80"},
    {"LastBeforeSurrogates", "\xed\x9f\xbf"},
    {"FirstBehindSurrogates", "\xee\x80\x80"},
    {"NonCharacter", "\xef\xbf\xbf"},
    {"FirstOfFourBytes", "\xf0\x90\x80\x80"},
    {"LastOfAll", "\xf4\x8f\xbf\xbf"},
    {"Nul", std::string(1, '\0')},
    {"ManyKinds", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9f\x8c\xa1 plain"},
};

/// The last byte is the first that cannot be.
const Text kImpossible[] = {
    {"LoneContinuation", "\x80"},
    {"OverlongSlash", "\xc0"},
    {"OverlongOfTwo", "\xc1"},
    {"OverlongOfThree", "\xe0\x80"},
    {"OverlongOfFour", "\xf0\x80"},
    {"Surrogate", "\xed\xa0"},
    {"AboveTheLast", "\xf4\x90"},
    {"F5", "\xf5"},
    {"Fe", "\xfe"},
    {"Ff", "\xff"},
    {"CharacterCutShort", "\xe6\xb8 "},
    {"BehindMuchThatIsFine", std::string(1000, 'x') + "\xff"},
    {"BehindCharactersOfEveryLength", "a\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\xff"},
};

/// The beginning of a frame that announces a hundred bytes more.
Bytes beginning(int opcode, const std::string& payload, bool fin) {
  return [=](bool masked) {
    const std::string whole = encode({opcode, payload + std::string(100, 'x'), fin}, masked);
    return whole.substr(0, whole.size() - 100);
  };
}

Bytes both(const Bytes& first, const Bytes& second) {
  return [=](bool masked) { return first(masked) + second(masked); };
}

}  // namespace

Table data() {
  Table table;
  for (const Text& good : kGood) {
    table.push_back(fine("5_6", std::string("TakesText") + good.what, {{kText, good.text}}, {{kText, good.text}}));
  }
  table.push_back(fine("5_6", "TakesBinaryThatIsNotUtf8", {{kBinary, "\xff\xfe"}, {kText, "t"}},
                       {{kBinary, "\xff\xfe"}, {kText, "t"}}));
  table.push_back(fine("5_6", "ChecksTextAnewBehindBinary", {{kBinary, "\xe6"}, {kText, "\xe6\xb8\xa9"}},
                       {{kBinary, "\xe6"}, {kText, "\xe6\xb8\xa9"}}));
  const std::string text = "\xe6\xb8\xa9\xe5\xba\xa6 \xf0\x9f\x8c\xa1";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    table.push_back(fine("5_6", "TakesTextCutAt" + std::to_string(at),
                         {{kText, text.substr(0, at), false}, {kPing, "\xff"}, {kContinuation, text.substr(at)}},
                         {{kPong, "\xff"}, {kText, text}}));
  }

  std::vector<Frame> many;
  for (int i = 0; i < 300; ++i) many.push_back({i % 3 == 0 ? kBinary : kText, std::to_string(i)});
  table.push_back(fine("6_1", "SendsEveryMessageInItsTypeAndOrder", many, many));
  table.push_back(
      fine("6_2", "TakesANewMessageBehindAFragmentedOne",
           {{kText, "a", false}, {kContinuation, "b"}, {kBinary, "c"}, {kText, "d", false}, {kContinuation, "e"}},
           {{kText, "ab"}, {kBinary, "c"}, {kText, "de"}}));

  for (const Text& bad : kImpossible) {
    const std::string name = bad.what;
    table.push_back(closes("8_1", "ClosesOn" + name, {{kText, bad.text}}, 1007));
    // Fail fast: the frame that it is in is not complete, nor is the message.
    table.push_back({"8_1", "ClosesAtOnceOn" + name, beginning(kText, bad.text, true), {}, 1007, true});
    table.push_back(
        {"8_1",
         "ClosesAtOnceInAFragmentOn" + name,
         both(frames({{kText, "fine", false}, {kContinuation, "", false}}), beginning(kContinuation, bad.text, false)),
         {},
         1007,
         true});
    const std::size_t last = bad.text.size() - 1;
    if (last > 0) {  // what begins in one fragment becomes impossible in the next
      table.push_back(
          {"8_1",
           "ClosesAtOnceAcrossFragmentsOn" + name,
           both(frames({{kText, bad.text.substr(0, last), false}, {kPing, "p"}, {kContinuation, "", false}}),
                beginning(kContinuation, bad.text.substr(last), false)),
           {{kPong, "p"}},
           1007,
           true});
    }
    table.push_back(closes("8_1", "ClosesOnAReasonWith" + name,
                           {{kClose, close_payload(1000, bad.text.substr(bad.text.size() < 100 ? 0 : 900))}}, 1007));
  }
  for (const char* cut : {"\xc3", "\xe6\xb8", "\xf0\x9f\x8c"}) {
    const std::string name = std::to_string(std::string(cut).size());
    table.push_back(closes("8_1", "ClosesOnTextThatEndsAfter" + name, {{kText, std::string("ok ") + cut}}, 1007));
    table.push_back(closes("8_1", "ClosesOnFragmentsThatEndAfter" + name,
                           {{kText, std::string("ok ") + cut, false}, {kContinuation, ""}}, 1007));
    table.push_back(closes("8_1", "ClosesOnAReasonThatEndsAfter" + name,
                           {{kClose, close_payload(1000, std::string("ok ") + cut)}}, 1007));
    table.push_back(closes("8_1", "ClosesOnACharacterEndedByAnotherMessageAfter" + name,
                           {{kText, std::string("ok ") + cut}, {kText, "\xa9"}}, 1007));
  }
  return table;
}

}  // namespace ekws::net

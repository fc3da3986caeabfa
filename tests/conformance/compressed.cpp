// RFC 7692 sections 6 and 7: messages in a session that has agreed on permessage-deflate.
#include "conformance/exchange.h"
#include "net/deflater.h"

namespace ekws::net {

namespace {

constexpr int kRsv1 = 4;
constexpr const char* kAgreed = "permessage-deflate";
constexpr const char* kAfresh = "permessage-deflate; %_no_context_takeover";

Frame compressed_frame(int opcode, std::string_view payload, bool fin = true) {
  return {opcode, std::string(payload), fin, kRsv1};
}

/// "Hello" as section 7.2.3 has it in so many ways.
const std::string kHello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
const std::string kHelloAgain("\xf2\x00\x11\x00\x00", 5);  ///< refers to the message before
const std::string kHelloStored("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11);
const std::string kHelloFinal("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8);
const std::string kHelloInTwoBlocks("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13);

std::vector<Frame> messages(std::initializer_list<std::string_view> payloads) {
  std::vector<Frame> frames;
  for (const std::string_view payload : payloads) frames.push_back(compressed_frame(kText, payload));
  return frames;
}

/// Text that refers as far back as it can.
std::string far_reaching(int bits) {
  std::string text;
  for (std::uint32_t word = 1; text.size() < (1U << bits) - 300U; word = word * 1103515245U + 12345U) {
    text += static_cast<char>('0' + word / 65536U % 64U);
  }
  return text + text.substr(0, 200);
}

void add_bit(Table& table) {
  table.push_back(
      fine("6", "TakesCompressedMessagesBesideOthers",
           {compressed_frame(kText, kHello), {kText, "as it is"}, compressed_frame(kBinary, kHello), {kBinary, "\xff"}},
           {{kText, "Hello"}, {kText, "as it is"}, {kBinary, "Hello"}, {kBinary, "\xff"}}));
  for (const auto& [opcode, what] : {std::pair(kPing, "Ping"), std::pair(kPong, "Pong"), std::pair(kClose, "Close")}) {
    table.push_back(closes("6", std::string("ClosesOnTheBitOnA") + what, {compressed_frame(opcode, "")}, 1002));
    table.push_back(closes("6", std::string("ClosesOnTheBitOnA") + what + "BetweenFragments",
                           {compressed_frame(kText, kHello.substr(0, 3), false), compressed_frame(opcode, "")}, 1002));
  }
  table.push_back(closes(
      "6", "ClosesOnTheBitOnTheLastFragment",
      {compressed_frame(kText, kHello.substr(0, 3), false), compressed_frame(kContinuation, kHello.substr(3))}, 1002));
  table.push_back(
      closes("6", "ClosesOnTheBitOnAFragmentInTheMiddle",
             {compressed_frame(kText, kHello.substr(0, 3), false), compressed_frame(kContinuation, "", false)}, 1002));
  table.push_back(closes("6", "ClosesOnTheBitOnAFragmentOfAMessageWithoutIt",
                         {{kText, "Hel", false}, compressed_frame(kContinuation, kHello)}, 1002));
  table.push_back(
      closes("6", "ClosesOnTheBitOnAContinuationOfNothing", {compressed_frame(kContinuation, kHello)}, 1002));
  // It gives a meaning to one bit, not to the others.
  for (const int rsv : {1, 2, 3, kRsv1 | 1, kRsv1 | 2, 7}) {
    table.push_back(closes("6", "ClosesOnReservedBits" + std::to_string(rsv), {{kText, kHello, true, rsv}}, 1002));
  }
}

void add_fragments(Table& table) {
  for (std::size_t at = 0; at <= kHello.size(); ++at) {
    table.push_back(fine("6_2", "JoinsFragmentsCutAt" + std::to_string(at),
                         {compressed_frame(kText, kHello.substr(0, at), false),
                          {kPing, "p"},
                          {kContinuation, "", false},
                          {kContinuation, kHello.substr(at)}},
                         {{kPong, "p"}, {kText, "Hello"}}));
  }
  table.push_back(fine("6_2", "InflatesEachMessageAsItCame",
                       {compressed_frame(kText, kHello),
                        {kText, "be", false},
                        {kContinuation, "tween"},
                        compressed_frame(kBinary, kHelloAgain)},
                       {{kText, "Hello"}, {kText, "between"}, {kBinary, "Hello"}}));
  // Section 6.1: a frame's payload need not be UTF-8, the message has to.
  const std::string text = "\xe6\xb8\xa9\xe5\xba\xa6 \xf0\x9f\x8c\xa1";
  table.push_back(fine("6_2", "TakesTextThatIsUtf8", {compressed_frame(kText, deflated(text))}, {{kText, text}}));
  table.push_back(
      fine("6_2", "TakesBinaryThatIsNotUtf8", {compressed_frame(kBinary, deflated("\xff"))}, {{kBinary, "\xff"}}));
  for (const auto& [bad, what] : {std::pair("ab\xff", "ImpossibleByte"), std::pair("\xed\xa0\x80", "Surrogate"),
                                  std::pair("cut \xe6\xb8", "CharacterCutShort")}) {
    table.push_back(
        closes("6_2", std::string("ClosesOnTextWith") + what, {compressed_frame(kText, deflated(bad))}, 1007));
  }
}

void add_deflate(Table& table) {
  table.push_back(fine("7_2_2", "TakesMessagesOfZlib",
                       messages({deflated("one"), deflated(std::string(70'000, 'x')), deflated("")}),
                       {{kText, "one"}, {kText, std::string(70'000, 'x')}, {kText, ""}}));
  for (const auto& [bad, what] : {std::pair(std::string("\xff\xff\xff"), "WhatIsNotDeflate"),
                                  std::pair(deflated("cut off").substr(0, 4), "WhatIsCutOff"),
                                  std::pair(kHelloAgain, "AReferenceToBeforeTheBeginning"),
                                  std::pair(std::string("\x00\x05\x00\x00\xff Hello\x00", 12), "AWrongLength")}) {
    table.push_back(closes("7_2_2", std::string("ClosesOn") + what, {compressed_frame(kBinary, bad)}, 1007));
  }
  const std::vector<Frame> hello{{kText, "Hello"}};
  const std::vector<Frame> twice{{kText, "Hello"}, {kText, "Hello"}};
  table.push_back(fine("7_2_3_1", "TakesOneBlock", messages({kHello}), hello));
  table.push_back(fine("7_2_3_1", "TakesOneBlockInFragments",
                       {compressed_frame(kText, kHello.substr(0, 3), false), {kContinuation, kHello.substr(3)}},
                       hello));
  table.push_back(fine("7_2_3_2", "TakesMessagesThatShareTheWindow", messages({kHello, kHelloAgain}), twice));
  table.push_back(fine("7_2_3_3", "TakesABlockWithoutCompression", messages({kHelloStored}), hello));
  table.push_back(fine("7_2_3_4", "TakesABlockWithBfinal", messages({kHelloFinal, kHelloAgain}), twice));
  table.push_back(fine("7_2_3_4", "TakesAnEmptyBlockWithBfinalAtTheEnd",
                       messages({kHelloStored.substr(0, 10) + '\x01', kHelloAgain}), twice));
  table.push_back(fine("7_2_3_5", "TakesTwoBlocks", messages({kHelloInTwoBlocks}), hello));
  table.push_back(fine("7_2_3_6", "TakesAnEmptyMessage", messages({std::string(1, '\0'), kHello}),
                       {{kText, ""}, {kText, "Hello"}}));
}

void add_parameters(Table& table) {
  Exchange afresh =
      fine("7_1_1", "TakesMessagesMadeAfresh", messages({kHello, kHello}), {{kText, "Hello"}, {kText, "Hello"}});
  afresh.deflate = kAfresh;
  table.push_back(afresh);
  Exchange refers = closes("7_1_1", "ClosesOnAReferenceToAnEarlierMessageWhereEachIsAfresh",
                           messages({kHello, kHelloAgain}), 1007, {{kText, "Hello"}});
  refers.deflate = kAfresh;
  table.push_back(refers);
  for (int bits = 9; bits <= 15; ++bits) {  // of zlib's, 8 is no window of raw DEFLATE
    const std::string far = far_reaching(bits);
    Exchange window = fine("7_1_2", "TakesMessagesWithAWindowOf" + std::to_string(bits) + "Bits",
                           messages({Deflater(bits).message(far)}), {{kText, far}});
    window.deflate = "permessage-deflate; %_max_window_bits=" + std::to_string(bits);
    table.push_back(window);
  }
  Exchange smallest = fine("7_1_2", "TakesMessagesWithAWindowOf8Bits", messages({kHello, kHelloAgain}),
                           {{kText, "Hello"}, {kText, "Hello"}});
  smallest.deflate = "permessage-deflate; %_max_window_bits=8";
  table.push_back(smallest);
  Deflater peer(15);
  const std::string far = far_reaching(10);
  const std::string first = peer.message(far);
  Exchange beyond =
      closes("7_1_2", "ClosesOnAReferenceBeyondTheWindow", messages({first, peer.message(far)}), 1007, {{kText, far}});
  beyond.deflate = "permessage-deflate; %_max_window_bits=9";
  table.push_back(beyond);
}

}  // namespace

Table compressed() {
  Table table;
  add_bit(table);
  add_fragments(table);
  add_deflate(table);
  add_parameters(table);
  for (Exchange& exchange : table) {
    if (exchange.deflate.empty()) exchange.deflate = kAgreed;
  }
  return table;
}

}  // namespace ekws::net

// RFC 6455 sections 5.1 to 5.3: masking, reserved bits and opcodes, lengths.
#include "conformance/exchange.h"

namespace ekws::net {

namespace {

const std::pair<int, const char*> kOpcodes[] = {{kText, "Text"}, {kBinary, "Binary"}, {kPing, "Ping"},
                                                {kPong, "Pong"}, {kClose, "Close"},   {kContinuation, "Continuation"}};

Bytes wrongly_masked(const Frame& frame) {
  return [frame](bool masked) { return encode(frame, !masked); };
}

/// A frame with that much payload and a length longer than it has to be, or a part of it.
Bytes long_form(std::size_t size, Length form, std::size_t sent) {
  return [=](bool masked) { return encode({kBinary, std::string(size, 'x')}, masked, form).substr(0, sent); };
}

/// Whole, with a key of the tester's choice where frames are masked.
Bytes with_key(std::string_view key, const std::string& payload) {
  const std::string chosen(key);
  return [=](bool masked) {
    if (!masked) return frames({{kBinary, payload}, {kClose, close_payload(1000)}})(false);
    std::string bytes = header({kBinary, {}}, true, payload.size()) + chosen;
    for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ chosen[i % 4]);
    return bytes + encode({kClose, close_payload(1000)}, true);
  };
}

}  // namespace

Table framing() {
  Table table;
  // "%" is what this role's peer must not do: see names in registry.cpp.
  for (const auto& [opcode, what] : kOpcodes) {
    const std::string payload = opcode == kClose ? close_payload(1000) : "x";
    table.push_back({"5_1", std::string("ClosesOn%") + what, wrongly_masked({opcode, payload}), {}, 1002});
    table.push_back({"5_1", std::string("ClosesOn%Empty") + what, wrongly_masked({opcode, ""}), {}, 1002});
  }
  table.push_back({"5_1",
                   "ClosesOn%FrameBehindRightOnes",
                   [](bool masked) {
                     return encode({kText, "ok"}, masked) + encode({kText, "x"}, !masked);
                   },
                   {{kText, "ok"}},
                   1002});
  table.push_back(fine("5_1", "MasksAsItsRoleHasTo", {{kText, "t"}, {kBinary, "b"}, {kPing, "p"}, {kText, ""}},
                       {{kText, "t"}, {kBinary, "b"}, {kPong, "p"}, {kText, ""}}));

  for (int rsv = 1; rsv <= 7; ++rsv) {
    const std::string bits = std::to_string(rsv);
    for (const auto& [opcode, what] : kOpcodes) {
      const std::string payload = opcode == kClose ? close_payload(1000) : "x";
      std::vector<Frame> sent{{opcode, payload, true, rsv}};
      if (opcode == kContinuation) sent.insert(sent.begin(), {kText, "x", false});
      table.push_back(closes("5_2", "ClosesOnReservedBits" + bits + "On" + what, sent, 1002));
    }
  }
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    const std::string number = std::to_string(opcode);
    table.push_back(closes("5_2", "ClosesOnOpcode" + number, {{opcode, "x"}}, 1002));
    table.push_back(
        closes("5_2", "ClosesOnOpcode" + number + "InsideAMessage", {{kText, "x", false}, {opcode, "y"}}, 1002));
  }

  for (const std::size_t size : {0, 1, 125, 126, 127, 65535, 65536, 70000}) {
    const Frame frame{kBinary, std::string(size, 'x')};
    table.push_back(fine("5_2", "TakesLength" + std::to_string(size), {frame, frame}, {frame, frame}));
  }
  for (const std::size_t size : {0, 125}) {
    const std::string number = std::to_string(size);
    table.push_back(
        {"5_2", "ClosesOnLength" + number + "InTwoBytes", long_form(size, Length::two_bytes, 1000), {}, 1002});
  }
  for (const std::size_t size : {0, 125, 126, 65535}) {
    const std::string number = std::to_string(size);
    table.push_back(
        {"5_2", "ClosesOnLength" + number + "InEightBytes", long_form(size, Length::eight_bytes, 200), {}, 1002, true});
  }
  table.push_back({"5_2",
                   "ClosesOnTheHighestBitOfALength",
                   [](bool masked) {
                     return header({kBinary, {}}, masked, 1ULL << 63U) + "mask";
                   },
                   {},
                   1002,
                   true});

  const std::string payload = "0123456789 \xff";
  for (const auto& [key, what] :
       {std::pair(std::string(4, '\0'), "OfZeros"), std::pair(std::string(4, '\xff'), "OfOnes"),
        std::pair(std::string("\x01\x80\x00\x7f", 4), "OfMixedBytes")}) {
    table.push_back({"5_3", std::string("UnmasksWithAKey") + what, with_key(key, payload), {{kBinary, payload}}, 1000});
  }
  return table;
}

}  // namespace ekws::net

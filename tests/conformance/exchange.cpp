#include "conformance/exchange.h"

#include <gtest/gtest.h>

#include <utility>

namespace ekws::net {

Bytes frames(std::vector<Frame> sent) {
  return [sent = std::move(sent)](bool masked) {
    std::string bytes;
    for (const Frame& frame : sent) bytes += encode(frame, masked);
    return bytes;
  };
}

Exchange fine(std::string section, std::string name, const std::vector<Frame>& sent, std::vector<Frame> answered) {
  auto all = sent;
  all.push_back({kClose, close_payload(1000)});
  return closes(std::move(section), std::move(name), all, 1000, std::move(answered));
}

Exchange closes(std::string section, std::string name, const std::vector<Frame>& sent, int code,
                std::vector<Frame> answered) {
  return {std::move(section), std::move(name), frames(sent), std::move(answered), code};
}

std::string Exchange::extensions(Role our_role) const {
  if (deflate.empty()) return {};
  std::string header = deflate;
  const auto at = header.find('%');
  if (at != std::string::npos) header.replace(at, 1, our_role == Role::server ? "client" : "server");
  return "Sec-WebSocket-Extensions: " + header + "\r\n";
}

Table every_exchange() {
  Table all;
  for (const Table& part : {framing(), fragmentation(), control(), closing(), data(), compressed()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::string bytes_of(const Exchange& exchange, bool masked) {
  std::string bytes = exchange.sent(masked);
  // Sections 5.5.1 and 7.1.7: nothing is to be made of what comes behind the end.
  if (!exchange.incomplete) {
    for (const int opcode : {kText, kPing, kClose}) bytes += encode({opcode, "behind it"}, masked);
  }
  return bytes;
}

void expect_answer(const Exchange& exchange, const std::string& output, bool masked) {
  std::vector<Frame> frames;
  ASSERT_NO_THROW(frames = decode(output, masked));
  std::size_t shortest = 0;
  for (const Frame& frame : frames) shortest += encode(frame, masked).size();
  EXPECT_EQ(output.size(), shortest) << "section 5.2: the minimal number of bytes for every length";
  ASSERT_FALSE(frames.empty()) << "no close frame";
  const Frame close = frames.back();
  frames.pop_back();
  EXPECT_EQ(frames, exchange.answered);
  EXPECT_EQ(close.opcode, kClose);
  EXPECT_TRUE(close.fin && close.rsv == 0 && close.payload.size() <= 125) << close;
  if (exchange.close == kNoCode) {
    EXPECT_EQ(close.payload, "");
  } else {
    EXPECT_EQ(close_code(close), exchange.close) << close;
  }
}

}  // namespace ekws::net

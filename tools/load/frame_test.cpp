#include "frame.h"

#include <gtest/gtest.h>

#include "decode_for_test.h"
#include "frame_reader.h"

namespace ekws_load {
namespace {

std::vector<char> encode(Opcode opcode, std::string payload, Role role) {
  std::vector<char> out(kMaxFrameHeader);
  out.resize(write_frame_header(out.data(), opcode, true, payload.size(), role, 0x01020384));
  EXPECT_EQ(out.size(), frame_header_size(payload.size(), role));
  if (role == Role::client) apply_mask(payload.data(), payload.size(), 0x01020384);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

TEST(Frame, HeaderAtEveryLengthClass) {
  for (Role role : {Role::client, Role::server}) {
    for (size_t size : {0u, 1u, 7u, 8u, 9u, 125u, 126u, 127u, 65535u, 65536u, 70001u}) {
      std::string payload(size, 'a');
      for (size_t i = 0; i < size; i++) payload[i] = static_cast<char>(i * 31);
      const auto frames = decode_all(encode(Opcode::binary, payload, role));
      ASSERT_EQ(frames.size(), 1u);
      EXPECT_TRUE(frames[0].fin);
      EXPECT_EQ(frames[0].opcode, 2);
      EXPECT_EQ(frames[0].masked, role == Role::client);
      EXPECT_EQ(frames[0].payload, payload) << size;
    }
  }
}

TEST(Frame, ControlFrame) {
  std::vector<char> out;
  append_control(out, Opcode::pong, "hello", Role::client, 0x11223344);
  const auto frames = decode_all(out);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].opcode, 10);
  EXPECT_EQ(frames[0].payload, "hello");
}

struct Seen {
  Opcode opcode;
  std::string payload;
};

TEST(FrameReader, FindsControlFramesInAnyCut) {
  for (Role role : {Role::client, Role::server}) {
    std::vector<char> bytes = encode(Opcode::text, std::string(200, 'x'), role);
    append_control(bytes, Opcode::ping, "p1", role, 0x55667788);
    for (char c : encode(Opcode::text, "", role)) bytes.push_back(c);
    append_control(bytes, Opcode::close, "", role, 0x55667788);
    for (size_t cut = 1; cut <= bytes.size(); cut++) {
      std::vector<Seen> seen;
      FrameReader reader([&](Opcode opcode, const std::string& payload) { seen.push_back({opcode, payload}); });
      for (size_t at = 0; at < bytes.size(); at += cut) {
        ASSERT_TRUE(reader.feed(bytes.data() + at, std::min(cut, bytes.size() - at)));
      }
      ASSERT_EQ(seen.size(), 2u) << cut;
      EXPECT_EQ(seen[0].opcode, Opcode::ping);
      EXPECT_EQ(seen[0].payload, "p1");
      EXPECT_EQ(seen[1].opcode, Opcode::close);
    }
  }
}

TEST(FrameReader, RefusesLongControlFrame) {
  FrameReader reader([](Opcode, const std::string&) { FAIL(); });
  const auto bytes = encode(Opcode::ping, std::string(126, 'x'), Role::server);
  EXPECT_FALSE(reader.feed(bytes.data(), bytes.size()));
}

}  // namespace
}  // namespace ekws_load

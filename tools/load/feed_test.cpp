#include "feed.h"

#include <gtest/gtest.h>

#include "decode_for_test.h"

namespace ekws_load {
namespace {

std::string message(const Payload& payload, uint64_t n) {
  std::string text(payload.max_size(), '\0');
  text.resize(payload.write(n, text.data()));
  return text;
}

// Numbers that cross a length class (125 to 126 bytes) and a count of digits.
TEST(Feed, OneFrameAMessageInOrder) {
  const Payload payload(PayloadKind::seq, 0, 1);
  for (Role role : {Role::client, Role::server}) {
    Feed feed(payload, role, false, 0);
    Chunk chunk;
    EXPECT_EQ(feed.fill(chunk, 98, 5, 1 << 20), 5u);
    const auto frames = decode_all(chunk.data);
    ASSERT_EQ(frames.size(), 5u);
    size_t bytes = 0;
    for (size_t i = 0; i < 5; i++) {
      EXPECT_EQ(frames[i].payload, message(payload, 98 + i));
      EXPECT_EQ(frames[i].opcode, 1);
      EXPECT_EQ(frames[i].masked, role == Role::client);
      bytes += frames[i].payload.size();
    }
    EXPECT_EQ(chunk.messages, 5u);
    EXPECT_EQ(chunk.payload_bytes, bytes);
  }
}

TEST(Feed, HeaderGrowsWithTheMessage) {
  const Payload payload(PayloadKind::sensor, 0, 1);
  // Readings differ in length; large numbers bring messages over 125 bytes, where the header gets longer.
  Feed feed(payload, Role::client, true, 0);
  Chunk chunk;
  const uint64_t large = UINT64_C(1) << 53;
  feed.fill(chunk, 1, 1, 1 << 20);
  feed.fill(chunk, large, 200, 1 << 20);
  const auto frames = decode_all(chunk.data);
  ASSERT_EQ(frames.size(), 201u);
  for (size_t i = 1; i < frames.size(); i++) ASSERT_EQ(frames[i].payload, message(payload, large + i - 1));
}

TEST(Feed, PaddedOverTheLengthClasses) {
  for (size_t size : {125u, 126u, 65535u, 65536u}) {
    const Payload payload(PayloadKind::seq, size, 1);
    Feed feed(payload, Role::client, false, 0);
    Chunk chunk;
    EXPECT_EQ(feed.fill(chunk, 1, 2, 1 << 20), 2u);
    const auto frames = decode_all(chunk.data);
    ASSERT_EQ(frames.size(), 2u);
    EXPECT_EQ(frames[1].payload, message(payload, 2));
  }
}

TEST(Feed, StopsAtTheTarget) {
  const Payload payload(PayloadKind::seq, 100, 1);
  Feed feed(payload, Role::server, false, 0);
  Chunk chunk;
  EXPECT_EQ(feed.fill(chunk, 1, UINT64_MAX, 1000), 10u);  // 102 bytes each: the tenth reaches it
}

TEST(Feed, ConstantPayloadIsEncodedOnce) {
  const Payload payload(PayloadKind::fixed, 60, 1);
  Feed feed(payload, Role::client, false, 0);
  Chunk chunk;
  EXPECT_EQ(feed.fill(chunk, 1, 3, 1 << 20), 3u);
  EXPECT_EQ(chunk.payload_bytes, 180u);
  for (const auto& frame : decode_all(chunk.data)) EXPECT_EQ(frame.payload, message(payload, 1));
}

TEST(Feed, CutsIntoFragments) {
  const Payload payload(PayloadKind::seq, 25, 1);
  Feed feed(payload, Role::client, true, 10);
  Chunk chunk;
  EXPECT_EQ(feed.fill(chunk, 1, 1, 1 << 20), 1u);
  const auto frames = decode_all(chunk.data);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].opcode, 2);
  EXPECT_EQ(frames[1].opcode, 0);
  EXPECT_EQ(frames[2].opcode, 0);
  EXPECT_FALSE(frames[0].fin);
  EXPECT_FALSE(frames[1].fin);
  EXPECT_TRUE(frames[2].fin);
  EXPECT_EQ(frames[0].payload + frames[1].payload + frames[2].payload, message(payload, 1));
}

}  // namespace
}  // namespace ekws_load

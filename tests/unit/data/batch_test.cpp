#include "data/batch.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace ekws::data {
namespace {

Record message(const std::string& payload, std::uint64_t connection = 1, int kind = EKWS_TEXT) {
  return {kind, 0, connection, 7, payload, shape_of(payload, false)};
}

class BatchTest : public testing::Test {
 protected:
  /// Payload and number of messages of each record that came out.
  using Out = std::vector<std::pair<std::string, int>>;

  Out write(const std::vector<Record>& records, std::size_t bytes_cap = 4096, std::size_t records_cap = 16) {
    std::vector<char> bytes(bytes_cap);
    std::vector<ekws_record> written(records_cap);
    Batch batch(bytes.data(), bytes.size(), written.data(), written.size());
    taken_ = 0;
    while (taken_ < records.size() && batch.put(records[taken_])) ++taken_;
    drained_ = batch.out();
    EXPECT_LE(drained_.bytes, bytes_cap);
    Out out;
    for (std::size_t i = 0; i < drained_.records; ++i) {
      out.emplace_back(std::string(bytes.data() + written[i].offset, written[i].length), written[i].arg);
      EXPECT_LE(written[i].offset + written[i].length, drained_.bytes);
    }
    return out;
  }

  std::size_t taken_ = 0;
  ekws_drained drained_{};
};

TEST_F(BatchTest, ALoneMessageIsUnchanged) {
  for (const char* text : {R"({"a":1})", " {\"a\":1}\n", R"([{"a":1},{"a":2}])", "[]", "no json"}) {
    EXPECT_EQ(write({message(text)}), (Out{{text, 1}}));
  }
}

TEST_F(BatchTest, NeighboursBecomeOneArray) {
  EXPECT_EQ(write({message("{\"a\":1}"), message(" {\"a\":2}"), message("{\"a\":3}")}),
            (Out{{"[{\"a\":1}, {\"a\":2},{\"a\":3}]", 3}}));
}

TEST_F(BatchTest, ArraysAreFlattened) {
  EXPECT_EQ(write({message("{\"a\":1}"), message(" [{\"a\":2},{\"a\":3}] "), message("{\"a\":4}")}),
            (Out{{"[{\"a\":1},{\"a\":2},{\"a\":3},{\"a\":4}]", 3}}));
  EXPECT_EQ(write({message(" [{\"a\":2}] "), message("[{\"a\":3}]")}), (Out{{"[{\"a\":2},{\"a\":3}]", 2}}));
}

TEST_F(BatchTest, WhatCannotBeJoinedGoesAloneInItsPlace) {
  EXPECT_EQ(
      write({message("{}"), message("{}"), message("bad"), message("{}"), message("[]"), message("{}"), message("{}")}),
      (Out{{"[{},{}]", 2}, {"bad", 1}, {"{}", 1}, {"[]", 1}, {"[{},{}]", 2}}));
}

TEST_F(BatchTest, ConnectionsAndTypesAreNotMixed) {
  EXPECT_EQ(write({message("{}", 1), message("{}", 2), message("{}", 2, EKWS_BINARY), message("{}", 2, EKWS_BINARY)}),
            (Out{{"{}", 1}, {"{}", 1}, {"[{},{}]", 2}}));
}

TEST_F(BatchTest, OtherRecordsStandBetween) {
  Record closed{EKWS_CLOSED, 0, 1, 7, {}};
  EXPECT_EQ(write({message("{}"), closed, message("{}")}), (Out{{"{}", 1}, {"", 0}, {"{}", 1}}));
}

TEST_F(BatchTest, WithoutShapeNothingIsJoined) {
  Record one = message("{}");
  one.shape = JsonShape::other;
  EXPECT_EQ(write({one, one}), (Out{{"{}", 1}, {"{}", 1}}));
}

// Whatever the room, what was taken is there in whole and in order.
TEST_F(BatchTest, AnyRoomWillDo) {
  const std::vector<Record> all = {message("{\"n\":1}"), message("[{\"n\":2},{\"n\":3}]"),
                                   message("{\"n\":4}"), message("x"),
                                   message("{\"n\":5}"), message("{\"n\":6}")};
  for (std::size_t room = 0; room < 80; ++room) {
    for (std::size_t records_cap = 1; records_cap < 5; ++records_cap) {
      std::vector<Record> left = all;
      std::string seen;
      std::size_t cap = room;
      while (!left.empty()) {
        for (const auto& [payload, count] : write(left, cap, records_cap)) seen += payload;
        if (taken_ == 0) {
          ASSERT_GT(drained_.needed, cap);
          cap = drained_.needed;
          continue;
        }
        left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(taken_));
      }
      std::string digits;
      for (const char c : seen) {
        if ((c >= '0' && c <= '9') || c == 'x') digits += c;
      }
      EXPECT_EQ(digits, "1234x56") << room << " " << seen;
    }
  }
}

TEST_F(BatchTest, AnArrayIsBounded) {
  const std::vector<Record> many(1200, message("{}"));
  std::vector<int> counts;
  for (const auto& [payload, count] : write(many)) counts.push_back(count);
  EXPECT_EQ(counts, (std::vector<int>{512, 512, 176}));
  const std::string large = "{\"a\":\"" + std::string(100'000, 'x') + "\"}";
  counts.clear();
  for (const auto& [payload, count] : write({message(large), message(large), message(large)}, 1 << 20)) {
    counts.push_back(count);
  }
  EXPECT_EQ(counts, (std::vector<int>{2, 1}));
}

}  // namespace
}  // namespace ekws::data

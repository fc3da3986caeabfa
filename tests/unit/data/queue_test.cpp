#include "data/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/drain.h"

namespace ekws::data {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kMany = 1'000'000;

class QueueTest : public ::testing::Test {
 protected:
  Queue& make(std::uint64_t bytes, std::uint64_t records) {
    queue_ = std::make_unique<Queue>(bytes, records, wakeup_, [this] { ++rooms_; });
    return *queue_;
  }
  static void push(Queue& queue, std::string payload) { queue.push({EKWS_TEXT, 0, 1, 0, std::move(payload)}); }

  Wakeups wakeups_;
  Wakeup wakeup_{wakeups_, {}};
  std::unique_ptr<Queue> queue_;
  int rooms_ = 0;
};

TEST_F(QueueTest, KeepsOrderAndFieldsAcrossBlocks) {
  Queue& queue = make(kMany, kMany);
  for (int i = 0; i < 1000; ++i) {
    queue.push({i % 2 == 0 ? EKWS_STATE : EKWS_LOG, i, static_cast<std::uint64_t>(i) * 3, i * 5, std::to_string(i)});
  }
  const Drained drained = drain(queue);
  ASSERT_EQ(drained.records.size(), 1000U);
  for (int i = 0; i < 1000; ++i) {
    const Record& record = drained.records[static_cast<std::size_t>(i)];
    ASSERT_EQ(record.payload, std::to_string(i));
    ASSERT_EQ(record.kind, i % 2 == 0 ? EKWS_STATE : EKWS_LOG);
    ASSERT_EQ(record.arg, i);
    ASSERT_EQ(record.connection, static_cast<std::uint64_t>(i) * 3);
    ASSERT_EQ(record.received_ns, i * 5);
  }
  EXPECT_EQ(drained.out.more, 0U);
  EXPECT_EQ(queue.queued_records(), 0U);
  EXPECT_EQ(queue.pushed_records(), 1000U);
}

TEST_F(QueueTest, DrainsNothingWhenEmpty) {
  const Drained drained = drain(make(kMany, kMany));
  EXPECT_EQ(drained.out.records, 0U);
  EXPECT_EQ(drained.out.more, 0U);
  EXPECT_EQ(drained.out.needed, 0U);
  EXPECT_EQ(rooms_, 0);
}

TEST_F(QueueTest, DrainsWhatFitsAndSaysThatThereIsMore) {
  Queue& queue = make(kMany, kMany);
  for (const char* payload : {"four", "", "four", "12345"}) push(queue, payload);
  const Drained by_bytes = drain(queue, 9, 100);
  EXPECT_THAT(payloads(by_bytes), ElementsAre("four", "", "four"));
  EXPECT_EQ(by_bytes.out.bytes, 8U);
  EXPECT_EQ(by_bytes.out.more, 1U);
  EXPECT_EQ(by_bytes.out.needed, 0U);
  push(queue, "last");
  const Drained by_count = drain(queue, 100, 1);
  EXPECT_THAT(payloads(by_count), ElementsAre("12345"));
  EXPECT_EQ(by_count.out.more, 1U);
  EXPECT_THAT(payloads(drain(queue, 4, 1)), ElementsAre("last"));
}

TEST_F(QueueTest, SaysWhatTheFirstRecordNeedsAndTakesNothing) {
  Queue& queue = make(kMany, kMany);
  push(queue, "12345");
  const Drained none = drain(queue, 4, 10);
  EXPECT_EQ(none.out.records, 0U);
  EXPECT_EQ(none.out.needed, 5U);
  EXPECT_EQ(none.out.more, 1U);
  EXPECT_EQ(queue.queued_bytes(), 5U);
  EXPECT_THAT(payloads(drain(queue, 5, 10)), ElementsAre("12345"));
}

TEST_F(QueueTest, PayloadsOfAnySizeCopiedOrMoved) {
  Queue& queue = make(kMany * 100, kMany);
  const auto pool = std::make_shared<BytesPool>();
  std::vector<std::string> pushed;
  for (std::size_t i = 0; i < 600; ++i) {
    pushed.emplace_back(i * 997 % 40'000, static_cast<char>('a' + i % 26));
    Bytes memory(pool);
    memory.append(pushed.back().data(), pushed.back().size());
    const std::size_t size = memory.size();
    queue.push({EKWS_TEXT, 0, 1, 0, memory.view()}, i % 2 == 0 ? &memory : nullptr);
    EXPECT_TRUE(memory.size() == size || memory.size() == 0) << "moved from, or not";
  }
  std::vector<std::string> drained;
  while (drained.size() < pushed.size()) {
    for (const std::string& payload : payloads(drain(queue, 50'000))) drained.push_back(payload);
  }
  EXPECT_TRUE(drained == pushed);
  EXPECT_EQ(queue.queued_bytes(), 0U);
}

struct Marks {
  const char* what;
  std::uint64_t max_bytes, max_records;
  std::size_t payload;
  int full_at;  ///< the push that fills it
  int low_at;   ///< how many are left when it is asked to read on
};
void PrintTo(const Marks& c, std::ostream* out) { *out << c.what; }

class QueueMarks : public QueueTest, public ::testing::WithParamInterface<Marks> {};

TEST_P(QueueMarks, RestFromHighToLowAndAskForMoreOnce) {
  const Marks& marks = GetParam();
  Queue& queue = make(marks.max_bytes, marks.max_records);
  for (int round = 1; round <= 3; ++round) {
    for (int i = 1; i <= marks.full_at; ++i) {
      ASSERT_FALSE(queue.full()) << "before push " << i;
      push(queue, std::string(marks.payload, 'x'));
    }
    EXPECT_TRUE(queue.full());
    EXPECT_TRUE(queue.full()) << "asked twice, rested once";
    EXPECT_TRUE(queue.resting());
    for (int left = marks.full_at - 1; left > marks.low_at; --left) {
      drain(queue, 1000, 1);
      ASSERT_TRUE(queue.full()) << left << " left";
      ASSERT_EQ(rooms_, round - 1) << left << " left";
    }
    drain(queue, 1000, 1);
    EXPECT_EQ(rooms_, round);
    EXPECT_FALSE(queue.full());
    drain(queue);
    EXPECT_EQ(rooms_, round) << "once a rest";
    EXPECT_EQ(queue.pauses(), static_cast<std::uint64_t>(round));
  }
}

INSTANTIATE_TEST_SUITE_P(All, QueueMarks,
                         ::testing::Values(Marks{"messages", kMany, 10, 1, 10, 5},
                                           Marks{"bytes", 100, kMany, 10, 10, 5}, Marks{"uneven", kMany, 7, 1, 7, 3},
                                           Marks{"one_message", kMany, 1, 1, 1, 0},
                                           Marks{"one_byte", 1, kMany, 1, 1, 0},
                                           Marks{"larger_than_the_queue", 100, kMany, 500, 1, 0},
                                           Marks{"empty_payloads", 10, 4, 0, 4, 2}),
                         [](const auto& given) { return std::string(given.param.what); });

TEST_F(QueueTest, DoesNotAskForMoreWhereNobodyRests) {
  Queue& queue = make(kMany, 4);
  for (int i = 0; i < 8; ++i) push(queue, "x");
  drain(queue);  // full() was never asked
  EXPECT_EQ(rooms_, 0);
  EXPECT_FALSE(queue.full());
}

TEST_F(QueueTest, NeverRefusesARecord) {
  Queue& queue = make(1, 1);
  for (int i = 0; i < 1000; ++i) push(queue, "x");
  EXPECT_EQ(queue.queued_records(), 1000U);
  EXPECT_EQ(drain(queue).records.size(), 1000U);
}

TEST_F(QueueTest, WakesForWhatWasFlushedOnly) {
  Queue& queue = make(kMany, kMany);
  queue.flush();
  EXPECT_FALSE(wakeups_.any()) << "nothing was pushed";
  push(queue, "x");
  EXPECT_FALSE(wakeups_.any()) << "not flushed yet";
  queue.flush();
  EXPECT_TRUE(wakeups_.any());
}

TEST_F(QueueTest, FreesWhatWasNotDrained) {  // for the leak checker
  Queue& queue = make(kMany, kMany);
  for (int i = 0; i < 1000; ++i) push(queue, std::string(100, 'x'));
  drain(queue, 1000, 300);
}

}  // namespace
}  // namespace ekws::data

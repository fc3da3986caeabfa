#include "data/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/drain.h"

namespace ekws::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EventsTest : public ::testing::Test {
 protected:
  Wakeups wakeups_;
  Wakeup wakeup_{wakeups_, {}};
  Events events{wakeup_};
};

std::size_t count(const Drained& drained, int kind) {
  std::size_t found = 0;
  for (const Record& record : drained.records) found += record.kind == kind ? 1 : 0;
  return found;
}

TEST_F(EventsTest, KeepTheirOrderAndSayWhatTheyAre) {
  events.state(EKWS_STATE_CONNECTING, "");
  events.log(EKWS_LOG_INFO, "a line");
  events.state(EKWS_STATE_DISCONNECTED, "a reason");
  const Drained drained = drain(events);
  EXPECT_THAT(payloads(drained), ElementsAre("", "a line", "a reason"));
  EXPECT_EQ(drained.records[0].kind, EKWS_STATE);
  EXPECT_EQ(drained.records[0].arg, EKWS_STATE_CONNECTING);
  EXPECT_EQ(drained.records[1].kind, EKWS_LOG);
  EXPECT_EQ(drained.records[1].arg, EKWS_LOG_INFO);
  EXPECT_EQ(drained.records[2].connection, 0U);
  EXPECT_GT(drained.records[2].received_ns, 0);
  EXPECT_EQ(drained.out.more, 0U);
}

TEST_F(EventsTest, WakeTheirReader) {
  EXPECT_FALSE(wakeups_.any());
  events.log(EKWS_LOG_INFO, "x");
  EXPECT_TRUE(wakeups_.any());
}

TEST_F(EventsTest, DropTheOldestLogLinesAndTellHowMany) {
  for (int i = 0; i < 300; ++i) events.log(EKWS_LOG_INFO, std::to_string(i));
  const Drained drained = drain(events);
  ASSERT_EQ(drained.records.size(), 257U);
  EXPECT_EQ(drained.records[0].arg, EKWS_LOG_WARN);
  EXPECT_THAT(drained.records[0].payload, HasSubstr("44 log lines were dropped"));
  EXPECT_EQ(drained.records[1].payload, "44");
  EXPECT_EQ(drained.records.back().payload, "299");
  events.log(EKWS_LOG_INFO, "next");
  EXPECT_THAT(payloads(drain(events)), ElementsAre("next")) << "told once";
}

TEST_F(EventsTest, KeepTheLastStatesAndLoseNoneToLogLines) {
  for (int i = 0; i < 40; ++i) events.state(EKWS_STATE_DISCONNECTED, std::to_string(i));
  for (int i = 0; i < 1000; ++i) events.log(EKWS_LOG_INFO, "line");
  const Drained drained = drain(events);
  EXPECT_EQ(count(drained, EKWS_STATE), 32U);
  EXPECT_EQ(count(drained, EKWS_LOG), 257U);
  std::string last;
  for (const Record& record : drained.records) {
    if (record.kind == EKWS_STATE) last = record.payload;
  }
  EXPECT_EQ(last, "39");
}

TEST_F(EventsTest, CountAnewAfterADrain) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 256; ++i) events.log(EKWS_LOG_INFO, "line");
    EXPECT_EQ(drain(events).records.size(), 256U) << "round " << round;
  }
}

TEST_F(EventsTest, DropDebugLinesFirstAndWithoutANote) {
  events.log(EKWS_LOG_INFO, "first");
  for (int i = 0; i < 1000; ++i) events.log(EKWS_LOG_DEBUG, "debug");
  events.log(EKWS_LOG_WARN, "last");
  const Drained drained = drain(events);
  ASSERT_EQ(drained.records.size(), 256U);
  EXPECT_EQ(drained.records[0].payload, "first");
  EXPECT_EQ(drained.records.back().payload, "last");
}

TEST_F(EventsTest, ADebugLinePushesOutNoOther) {
  events.log(EKWS_LOG_ERROR, "what matters");
  for (int i = 0; i < 255; ++i) events.log(EKWS_LOG_INFO, "line");
  events.log(EKWS_LOG_DEBUG, "debug");
  EXPECT_EQ(drain(events).records[0].payload, "what matters");
}

TEST_F(EventsTest, DrainInPieces) {
  events.log(EKWS_LOG_INFO, "one");
  events.log(EKWS_LOG_INFO, "three");
  events.log(EKWS_LOG_INFO, "x");
  const Drained first = drain(events, 5, 10);
  EXPECT_THAT(payloads(first), ElementsAre("one"));
  EXPECT_EQ(first.out.more, 1U);
  EXPECT_EQ(first.out.needed, 0U) << "something was taken";
  const Drained none = drain(events, 4, 10);
  EXPECT_TRUE(none.records.empty());
  EXPECT_EQ(none.out.needed, 5U);
  EXPECT_EQ(none.out.more, 1U);
  EXPECT_THAT(payloads(drain(events, 100, 1)), ElementsAre("three"));
  EXPECT_THAT(payloads(drain(events, 100, 1)), ElementsAre("x"));
}

// A scan of the port must not push out what matters, nor be counted as a loss.
TEST_F(EventsTest, DebugLinesMakeRoomFirst) {
  events.log(EKWS_LOG_WARN, "matters");
  for (int i = 0; i < 1000; ++i) events.log(EKWS_LOG_DEBUG, "scan");
  const Drained drained = drain(events);
  ASSERT_EQ(drained.records.size(), 256U);
  EXPECT_EQ(drained.records[0].payload, "matters");
}

// ekws_drained: `needed` is not 0 only where nothing was taken.
TEST_F(EventsTest, TakeNothingWhereTheNoteOfLostLinesDoesNotFit) {
  for (int i = 0; i < 257; ++i) events.log(EKWS_LOG_INFO, "");
  const Drained none = drain(events, 10, 10);
  EXPECT_TRUE(none.records.empty());
  EXPECT_GT(none.out.needed, 10U);
  EXPECT_EQ(drain(events).records.size(), 257U);
}

}  // namespace
}  // namespace ekws::data

#include "data/wakeup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace ekws::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::uint64_t> take(Wakeups& all, std::size_t capacity = 10) {
  std::vector<ekws_woken> woken(capacity);
  woken.resize(all.take(woken.data(), capacity));
  std::vector<std::uint64_t> ids;
  for (const ekws_woken& one : woken) ids.push_back(one.subscription.id);
  return ids;
}

TEST(Wakeup, SaysWho) {
  Wakeups all;
  Wakeup wakeup(all, {{7}, EKWS_CHANNEL_EVENTS, 0});
  EXPECT_FALSE(all.any());
  wakeup.signal();
  EXPECT_TRUE(all.any());
  ekws_woken woken{};
  ASSERT_EQ(all.take(&woken, 1), 1U);
  EXPECT_EQ(woken.subscription.id, 7U);
  EXPECT_EQ(woken.channel, EKWS_CHANNEL_EVENTS);
  EXPECT_FALSE(all.any());
}

TEST(Wakeup, IsToldOnceUntilAnswered) {
  Wakeups all;
  Wakeup wakeup(all, {{1}, EKWS_CHANNEL_DATA, 0});
  wakeup.signal();
  wakeup.signal();
  EXPECT_THAT(take(all), ElementsAre(1));
  wakeup.signal();
  EXPECT_THAT(take(all), IsEmpty()) << "the reader is awake: it has not answered yet";
  wakeup.answer();
  EXPECT_THAT(take(all), IsEmpty());
  wakeup.signal();
  EXPECT_THAT(take(all), ElementsAre(1));
}

TEST(Wakeup, IsToldOnceWhereItWasAnsweredBeforeItWasFetched) {
  Wakeups all;
  Wakeup wakeup(all, {{1}, EKWS_CHANNEL_DATA, 0});
  wakeup.signal();
  wakeup.answer();
  wakeup.signal();
  EXPECT_THAT(take(all), ElementsAre(1));
  EXPECT_FALSE(all.any());
}

TEST(Wakeup, AreFetchedInTurnAndInPieces) {
  Wakeups all;
  std::vector<std::unique_ptr<Wakeup>> some;
  for (std::uint64_t id = 1; id <= 5; ++id) {
    some.push_back(std::make_unique<Wakeup>(all, ekws_woken{{id}, EKWS_CHANNEL_DATA, 0}));
    some.back()->signal();
  }
  EXPECT_THAT(take(all, 2), ElementsAre(1, 2));
  some[0]->answer();
  some[0]->signal();
  EXPECT_THAT(take(all), ElementsAre(3, 4, 5, 1));
}

TEST(Wakeup, LeavesTheOthersInTheirOrderWhereItGoes) {
  for (std::size_t gone = 0; gone < 3; ++gone) {
    Wakeups all;
    std::vector<std::unique_ptr<Wakeup>> some;
    std::vector<std::uint64_t> rest;
    for (std::uint64_t id = 0; id < 3; ++id) {
      some.push_back(std::make_unique<Wakeup>(all, ekws_woken{{id}, EKWS_CHANNEL_DATA, 0}));
      some.back()->signal();
      if (id != gone) rest.push_back(id);
    }
    some[gone].reset();
    EXPECT_EQ(take(all), rest) << gone;
    for (const std::uint64_t id : rest) some[id]->answer();
    for (const std::uint64_t id : rest) some[id]->signal();
    EXPECT_EQ(take(all), rest) << gone;
  }
}

TEST(Wakeup, GoesWhereItWasTheOnlyOne) {
  Wakeups all;
  auto one = std::make_unique<Wakeup>(all, ekws_woken{});
  one->signal();
  one.reset();
  EXPECT_FALSE(all.any());
  EXPECT_THAT(take(all), IsEmpty());
}

// Whoever takes must see what was signalled, whatever goes meanwhile.
TEST(Wakeup, IsNotMissedWhileAnotherOneGoes) {
  constexpr int kTimes = 20'000;
  Wakeups all;
  Wakeup stays(all, {{1}, EKWS_CHANNEL_DATA, 0});
  std::atomic<bool> ended{false};
  std::thread other([&] {
    while (!ended) Wakeup(all, {{2}, EKWS_CHANNEL_DATA, 0}).signal();
  });
  int missed = 0;
  for (int i = 0; i < kTimes; ++i) {
    stays.signal();
    const auto told = take(all);
    missed += std::find(told.begin(), told.end(), 1U) == told.end() ? 1 : 0;
    stays.answer();
  }
  ended = true;
  other.join();
  EXPECT_EQ(missed, 0);
}

// For TSan, and for the counting.
TEST(Wakeup, MayBeSignalledFromEverywhere) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 10'000;
  Wakeups all;
  std::vector<std::unique_ptr<Wakeup>> some;
  for (std::uint64_t id = 0; id < kThreads; ++id) some.push_back(std::make_unique<Wakeup>(all, ekws_woken{{id}, 0, 0}));
  std::vector<std::thread> threads;
  for (const auto& one : some) {
    threads.emplace_back([&one] {
      for (int i = 0; i < kTimes; ++i) {
        one->signal();
        one->answer();
      }
      one->signal();
    });
  }
  std::vector<int> told(kThreads);
  const auto count = [&] {
    for (const std::uint64_t id : take(all, 2)) ++told[id];
  };
  for (int i = 0; i < kTimes; ++i) count();
  for (std::thread& thread : threads) thread.join();
  while (all.any()) count();
  for (const int times : told) EXPECT_GE(times, 1);
}

}  // namespace
}  // namespace ekws::data

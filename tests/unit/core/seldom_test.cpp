#include "core/seldom.h"

#include <gtest/gtest.h>

namespace ekws::core {
namespace {

using namespace std::chrono_literals;

const Seldom::Clock::time_point kStart = Seldom::Clock::time_point{} + 24h;

TEST(Seldom, TheFirstOfEachCauseIsTold) {
  Seldom seldom;
  EXPECT_EQ(seldom.tell("a", kStart), "");
  EXPECT_EQ(seldom.tell("b", kStart), "");
  EXPECT_EQ(seldom.tell("a", kStart), std::nullopt);
}

TEST(Seldom, OneAMinuteThenWithHowManyWereNot) {
  Seldom seldom;
  EXPECT_EQ(seldom.tell("a", kStart), "");
  EXPECT_EQ(seldom.tell("a", kStart + 1s), std::nullopt);
  EXPECT_EQ(seldom.tell("a", kStart + 60s - 1ns), std::nullopt);
  EXPECT_EQ(seldom.tell("a", kStart + 60s), "; 2 more of the same since this was last told, at debug level");
  EXPECT_EQ(seldom.tell("a", kStart + 61s), std::nullopt);
  EXPECT_EQ(seldom.tell("a", kStart + 120s), "; 1 more of the same since this was last told, at debug level");
  EXPECT_EQ(seldom.tell("a", kStart + 300s), "");
}

// Whoever asks for a thousand paths must not fill the log.
TEST(Seldom, ManyCausesAtOnceAreOne) {
  Seldom seldom;
  std::size_t told = 0;
  const auto ask = [&](std::chrono::seconds after) {
    for (int i = 0; i < 1000; ++i) told += seldom.tell(std::to_string(i), kStart + after) ? 1 : 0;
  };
  ask(0s);
  EXPECT_EQ(told, Seldom::kMostCauses + 1);
  EXPECT_EQ(seldom.tell("new", kStart + 59s), std::nullopt);
  told = 0;
  ask(60s);
  EXPECT_LE(told, Seldom::kMostCauses + 1);
  EXPECT_GT(told, 0U);
}

TEST(Seldom, TheOthersAreCountedTogether) {
  Seldom seldom;
  for (std::size_t i = 0; i < Seldom::kMostCauses; ++i) seldom.tell(std::to_string(i), kStart + 30s);
  EXPECT_EQ(seldom.tell("x", kStart + 30s), "");
  EXPECT_EQ(seldom.tell("y", kStart + 31s), std::nullopt);
  for (std::size_t i = 0; i < Seldom::kMostCauses; ++i) seldom.tell(std::to_string(i), kStart + 90s);
  EXPECT_EQ(seldom.tell("z", kStart + 90s), "; 1 more of various causes since this was last told, at debug level");
}

}  // namespace
}  // namespace ekws::core

#include "base/backoff.h"

#include <gtest/gtest.h>

#include <vector>

namespace ekws {
namespace {

using Millis = Backoff::Millis;

std::uint64_t longest(std::uint64_t bound) { return bound; }
std::uint64_t shortest(std::uint64_t) { return 0; }

std::vector<std::int64_t> take(Backoff& backoff, int count) {
  std::vector<std::int64_t> delays;
  for (int i = 0; i < count; ++i) delays.push_back(backoff.next().count());
  return delays;
}

TEST(Backoff, DoublesItsCeilingUpToTheLargest) {
  Backoff backoff(Millis(500), Millis(3000), longest);
  EXPECT_EQ(take(backoff, 5), (std::vector<std::int64_t>{500, 1000, 2000, 3000, 3000}));
}

TEST(Backoff, HasFullJitter) {
  std::vector<std::uint64_t> bounds;
  Backoff backoff(Millis(10), Millis(40), [&](std::uint64_t bound) {
    bounds.push_back(bound);
    return bound / 2;
  });
  EXPECT_EQ(take(backoff, 3), (std::vector<std::int64_t>{5, 10, 20}));
  EXPECT_EQ(bounds, (std::vector<std::uint64_t>{10, 20, 40}));
  Backoff at_once(Millis(10), Millis(40), shortest);
  EXPECT_EQ(take(at_once, 3), (std::vector<std::int64_t>{0, 0, 0}));
}

TEST(Backoff, StartsAnewAfterReset) {
  Backoff backoff(Millis(1), Millis(100), longest);
  take(backoff, 10);
  backoff.reset();
  EXPECT_EQ(take(backoff, 3), (std::vector<std::int64_t>{1, 2, 4}));
}

TEST(Backoff, NeverExceedsTheLargestEvenAtFirst) {
  Backoff backoff(Millis(5000), Millis(100), longest);
  EXPECT_EQ(take(backoff, 2), (std::vector<std::int64_t>{100, 100}));
  backoff.reset();
  EXPECT_EQ(take(backoff, 1), (std::vector<std::int64_t>{100}));
}

TEST(Backoff, StaysAtTheLargestHoweverLongItGoesOn) {
  Backoff backoff(Millis(1), std::chrono::hours(24), longest);
  for (const auto delay : take(backoff, 10'000)) ASSERT_LE(delay, 86'400'000);
  EXPECT_EQ(backoff.next(), std::chrono::hours(24));
}

}  // namespace
}  // namespace ekws

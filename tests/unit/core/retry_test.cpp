#include "core/retry.h"

#include <gmock/gmock.h>

#include <memory>

#include "net/loop.h"

namespace ekws::core {
namespace {

using namespace std::chrono_literals;

class RetryTest : public ::testing::Test {
 protected:
  net::Loop loop_;
  int tries_ = 0;
};

TEST_F(RetryTest, TriesAgainOnceWithinTheDelay) {
  Retry retry(loop_.io(), 10ms, 10ms);
  const auto delay = retry.schedule([this] { ++tries_; });
  EXPECT_LE(delay, 10ms);
  EXPECT_EQ(tries_, 0) << "never from inside schedule()";
  ASSERT_TRUE(loop_.until([this] { return tries_ == 1; }));
  loop_.run_for(30ms);
  EXPECT_EQ(tries_, 1);
}

TEST_F(RetryTest, ANewOneReplacesTheOneThatWaits) {
  Retry retry(loop_.io(), 1ms, 1ms);
  int replaced = 0;
  for (int i = 0; i < 100; ++i) {
    retry.schedule([&] { ++replaced; });
    retry.schedule([this] { ++tries_; });
    ASSERT_TRUE(loop_.until([&] { return tries_ == i + 1; }));
  }
  EXPECT_EQ(replaced, 0);
}

TEST_F(RetryTest, CancelHoldsEvenWhereTheTimeIsUp) {
  Retry retry(loop_.io(), 1ms, 1ms);
  for (int i = 0; i < 100; ++i) {
    const auto delay = retry.schedule([this] { ++tries_; });
    const auto due = std::chrono::steady_clock::now() + delay;
    while (std::chrono::steady_clock::now() < due) {
    }
    retry.cancel();
    loop_.run_for(0ms);
    loop_.io().poll();
  }
  EXPECT_EQ(tries_, 0);
}

TEST_F(RetryTest, MayEndWhileOneWaits) {
  {
    Retry retry(loop_.io(), 1ms, 1ms);
    retry.schedule([this] { ++tries_; });
  }
  loop_.run_for(20ms);
  EXPECT_EQ(tries_, 0);
}

TEST_F(RetryTest, MayScheduleFromInside) {
  Retry retry(loop_.io(), 1ms, 1ms);
  std::function<void()> again = [&] {
    if (++tries_ < 5) retry.schedule(again);
  };
  retry.schedule(again);
  EXPECT_TRUE(loop_.until([this] { return tries_ == 5; }));
}

// A status keeps the text: whoever reads it later must see when that was.
TEST(NextTry, HoldsWhenItIsReadLater) {
  const auto due = std::chrono::system_clock::from_time_t(1'769'860'801);
  EXPECT_EQ(next_try(due, 30s), "; next try 2026-01-31T12:00:01Z, later ones up to 30.0 s apart");
  EXPECT_THAT(next_try(due, 10ms), ::testing::HasSubstr("up to 0.1 s apart"));
}

TEST_F(RetryTest, TellsOfATryOnlyWhileOneWaits) {
  Retry retry(loop_.io(), 20ms, 30s);
  EXPECT_EQ(retry.next_try(), "");
  std::string inside = "not called";
  retry.schedule([&] { inside = retry.next_try(); });
  EXPECT_THAT(retry.next_try(), ::testing::EndsWith("Z, later ones up to 30.0 s apart"));
  ASSERT_TRUE(loop_.until([&] { return inside != "not called"; }));
  EXPECT_EQ(inside, "");
  EXPECT_EQ(retry.next_try(), "");
  retry.schedule([] {}, 1h);
  EXPECT_THAT(retry.next_try(), ::testing::EndsWith("later ones up to 3630.0 s apart")) << "the peer's wish counts";
  retry.cancel();
  EXPECT_EQ(retry.next_try(), "");
}

}  // namespace
}  // namespace ekws::core

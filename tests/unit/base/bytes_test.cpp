#include "base/bytes.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace ekws {
namespace {

constexpr std::size_t kLarge = 64 * 1024;

TEST(Bytes, GrowsAndKeepsWhatIsThere) {
  Bytes bytes;
  std::string all;
  for (std::size_t i = 0; i < 300; ++i) {
    const std::string more(i * 7 % 501, static_cast<char>('a' + i % 26));
    bytes.append(more.data(), more.size());
    all += more;
    ASSERT_EQ(bytes.view(), all);
  }
  bytes.drop();
  EXPECT_EQ(bytes.size(), 0U);
  EXPECT_EQ(bytes.capacity(), 0U);
}

TEST(Bytes, WhatWasWrittenBehindTheLastOneIsNotCopied) {
  Bytes bytes;
  bytes.reserve(10);
  const char* const memory = bytes.data();
  std::memcpy(bytes.data(), "0123456789", 10);
  bytes.append(bytes.data(), 4);
  bytes.append(bytes.data() + 4, 6);
  EXPECT_EQ(bytes.view(), "0123456789");
  EXPECT_EQ(bytes.data(), memory);
}

TEST(Bytes, MovesWithTheirMemory) {
  Bytes one;
  one.append("abc", 3);
  const char* const memory = one.data();
  Bytes other(std::move(one));
  EXPECT_EQ(other.data(), memory);
  EXPECT_EQ(one.size(), 0U);  // NOLINT: that is the point
  one.append("d", 1);
  EXPECT_EQ(one.view(), "d");
}

TEST(BytesPool, GivesTheSameMemoryAgain) {
  const auto pool = std::make_shared<BytesPool>();
  Bytes bytes(pool);
  bytes.reserve(kLarge);
  const char* const memory = bytes.data();
  bytes.drop();
  bytes.reserve(kLarge - 100);
  EXPECT_EQ(bytes.data(), memory);
  EXPECT_EQ(bytes.capacity(), kLarge);
}

TEST(BytesPool, KeepsAFewOfAUsefulSize) {
  BytesPool pool;
  constexpr std::size_t kKept = 4;
  std::vector<std::unique_ptr<BytesPool::Memory>> out;
  for (std::size_t i = 0; i < kKept + 3; ++i) out.push_back(pool.take(kLarge));
  std::vector<const BytesPool::Memory*> given;
  for (auto& memory : out) {
    given.push_back(memory.get());
    pool.give(std::move(memory));
  }
  for (std::size_t i = 0; i < kKept; ++i) EXPECT_EQ(pool.take(kLarge).get(), given[i]) << i;
}

TEST(BytesPool, DoesNotHoldASmallPayloadInLargeMemory) {
  BytesPool pool;
  pool.give(pool.take(kLarge));
  EXPECT_EQ(pool.take(kLarge / 4)->capacity, kLarge / 4);
}

TEST(BytesPool, KeepsNothingHuge) {
  BytesPool pool;
  auto huge = pool.take(std::size_t{1} << 20U);
  pool.give(std::move(huge));
  EXPECT_EQ(pool.take(600'000)->capacity, 600'000U);
}

TEST(BytesPool, ServesThreads) {  // for TSan
  const auto pool = std::make_shared<BytesPool>();
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&pool, t] {
      for (int i = 0; i < 2000; ++i) {
        Bytes bytes(pool);
        bytes.reserve(kLarge);
        std::memset(bytes.data(), t, 64);
        for (int at = 0; at < 64; ++at) ASSERT_EQ(bytes.data()[at], t);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace ekws

#include "net/unmask.h"

#include <gtest/gtest.h>

#include <string>

namespace ekws::net {
namespace {

constexpr std::array<char, 4> kKeys = {'\x37', '\xfa', '\x21', '\x3d'};

TEST(Unmask, IsTheRfcsLoopAtAnySizeAndOffset) {
  for (std::size_t size = 0; size <= 150; ++size) {
    for (std::uint64_t offset = 0; offset < 5; ++offset) {
      std::string text;
      for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('0' + i % 70);
      std::string masked = text;
      for (std::size_t i = 0; i < size; ++i) masked[i] = static_cast<char>(masked[i] ^ kKeys[(offset + i) % 4]);
      EXPECT_TRUE(unmask(masked.data(), size, kKeys, offset)) << size << " from " << offset;
      ASSERT_EQ(masked, text) << size << " from " << offset;
    }
  }
}

TEST(Unmask, SeesTheOneByteThatIsNotAscii) {
  for (std::size_t size = 1; size <= 150; ++size) {
    for (std::size_t odd = 0; odd < size; ++odd) {
      std::string masked(size, 'x');
      masked[odd] = '\x80';
      for (std::size_t i = 0; i < size; ++i) masked[i] = static_cast<char>(masked[i] ^ kKeys[i % 4]);
      ASSERT_FALSE(unmask(masked.data(), size, kKeys, 0)) << "byte " << odd << " of " << size;
    }
  }
}

}  // namespace
}  // namespace ekws::net

#include "pace.h"

#include <gtest/gtest.h>

namespace ekws_load {
namespace {

TEST(Pace, NoLimit) {
  Pace pace(0);
  pace.use(1000000);
  EXPECT_EQ(pace.allowed(0), UINT64_MAX);
}

TEST(Pace, AsManyAsAreDue) {
  Pace pace(100);
  EXPECT_EQ(pace.allowed(0), 0u);
  EXPECT_EQ(pace.allowed(0.5), 50u);
  pace.use(30);
  EXPECT_EQ(pace.allowed(0.5), 20u);
  pace.use(20);
  EXPECT_EQ(pace.allowed(0.5), 0u);
  EXPECT_DOUBLE_EQ(pace.next_due(), 0.51);
}

TEST(Pace, MakesUpForWhatWasHeldUp) {
  Pace pace(10);
  pace.use(10);
  EXPECT_EQ(pace.allowed(5), 40u);
}

}  // namespace
}  // namespace ekws_load

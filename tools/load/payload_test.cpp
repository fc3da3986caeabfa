#include "payload.h"

#include <gtest/gtest.h>

namespace ekws_load {
namespace {

std::string message(const Payload& payload, uint64_t n) {
  std::string text(payload.max_size(), '\0');
  text.resize(payload.write(n, text.data()));
  return text;
}

TEST(Payload, SensorReading) {
  const std::string text = message(Payload(PayloadKind::sensor, 0, 1), 17);
  EXPECT_EQ(text.rfind(R"({"seq":17,"sensor":"s-17","temperature":)", 0), 0u) << text;
  EXPECT_NE(text.find(R"(,"humidity":)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(,"ts":1700000000017})"), std::string::npos) << text;
}

TEST(Payload, SeedDecidesTheReadings) {
  EXPECT_EQ(message(Payload(PayloadKind::sensor, 0, 7), 5), message(Payload(PayloadKind::sensor, 0, 7), 5));
  EXPECT_NE(message(Payload(PayloadKind::sensor, 0, 7), 5), message(Payload(PayloadKind::sensor, 0, 8), 5));
}

TEST(Payload, FixedStaysTheSame) {
  const Payload payload(PayloadKind::fixed, 0, 1);
  EXPECT_TRUE(payload.constant());
  EXPECT_EQ(message(payload, 1), message(payload, 2));
}

TEST(Payload, PaddedToEverySize) {
  EXPECT_EQ(message(Payload(PayloadKind::seq, 0, 1), 1), R"({"seq":1})");
  EXPECT_EQ(message(Payload(PayloadKind::seq, 3, 1), 1), R"({"seq":1})");
  EXPECT_EQ(message(Payload(PayloadKind::seq, 12, 1), 1), R"({"seq":1   })");
  EXPECT_EQ(message(Payload(PayloadKind::seq, 21, 1), 1), R"({"seq":1,"pad":"xxx"})");
  for (size_t size = 9; size < 300; size++) {
    const std::string text = message(Payload(PayloadKind::seq, size, 1), 1);
    ASSERT_EQ(text.size(), size);
    ASSERT_EQ(text.back(), '}');
  }
}

TEST(Payload, LargestNumbersFit) {
  for (PayloadKind kind : {PayloadKind::sensor, PayloadKind::seq, PayloadKind::fixed}) {
    const Payload payload(kind, 0, 1);
    EXPECT_LE(message(payload, UINT64_C(1) << 53).size(), payload.max_size());
  }
}

}  // namespace
}  // namespace ekws_load

#include <gtest/gtest.h>

#include "support.h"

namespace ekws::config {
namespace {

using test::parse_props;
using test::text_of;

TEST(ConfigCompression, IsOffUntilAskedFor) {
  EXPECT_FALSE(parse_props("").limits.compression.on);
  EXPECT_FALSE(parse_props(R"("compression":false)").limits.compression.on);
  for (const char* props : {R"("compression":true)", R"("Compression":"true")", R"("addr":"h","compression":true)"}) {
    const Compression compression = parse_props(props).limits.compression;
    EXPECT_TRUE(compression.on) << props;
    EXPECT_EQ(compression.window_bits, 15);
  }
  EXPECT_EQ(text_of(R"("compression":"gzip")"), R"(compression: "gzip" is not allowed; it must be true or false)");
}

TEST(ConfigCompression, ItsWindowMattersWhereItIsOn) {
  EXPECT_EQ(parse_props(R"("compression":true,"compressionWindowBits":9)").limits.compression.window_bits, 9);
  EXPECT_EQ(parse_props(R"("compression":true,"compressionWindowBits":0)").limits.compression.window_bits, 0);
  EXPECT_EQ(parse_props(R"("compressionWindowBits":9)").limits.compression.window_bits, 15)
      << "streams of one listener do not differ in it then";
  EXPECT_EQ(text_of(R"("compressionWindowBits":8)"),
            "compressionWindowBits: 8 is not allowed; it must be 0 (off) or an integer from 9 to 15");
}

}  // namespace
}  // namespace ekws::config

#include <gtest/gtest.h>
#include <unistd.h>

extern "C" int ekws_header_test(void);

TEST(Header, WorksFromC) {
  const int result = ekws_header_test();  // a line that failed, or the negative of a descriptor to be closed
  EXPECT_LE(result, 0) << "header_test.c:" << result;
  if (result < 0) ::close(-result);
}

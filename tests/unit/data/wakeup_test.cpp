#include "data/wakeup.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstdint>

namespace ekws::data {
namespace {

bool readable(int fd) {
  pollfd waited{fd, POLLIN, 0};
  return ::poll(&waited, 1, 0) == 1;
}

/// How often it was written since the last read.
std::uint64_t take(int fd) {
  std::uint64_t count = 0;
  return ::read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

TEST(Wakeup, IsSilentUntilSignalled) {
  const Wakeup wakeup;
  const Fd reader = wakeup.duplicate();
  EXPECT_FALSE(readable(reader.get()));
  EXPECT_EQ(take(reader.get()), 0U) << "the descriptor does not block";
}

TEST(Wakeup, IsWrittenOnceUntilAnswered) {
  Wakeup wakeup;
  const Fd reader = wakeup.duplicate();
  wakeup.signal();
  wakeup.signal();
  EXPECT_EQ(take(reader.get()), 1U);
  wakeup.signal();
  EXPECT_FALSE(readable(reader.get())) << "the reader is awake: it has not answered yet";
  wakeup.answer();
  EXPECT_FALSE(readable(reader.get()));
  wakeup.signal();
  EXPECT_EQ(take(reader.get()), 1U);
}

TEST(Wakeup, DuplicatesAreCloseOnExecAndOutliveTheirClosing) {
  Wakeup wakeup;
  Fd first = wakeup.duplicate();
  EXPECT_EQ(::fcntl(first.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  first.reset();
  const Fd second = wakeup.duplicate();
  wakeup.signal();
  EXPECT_TRUE(readable(second.get()));
}

}  // namespace
}  // namespace ekws::data

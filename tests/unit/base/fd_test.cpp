#include "base/fd.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

namespace ekws {
namespace {

int open_one() { return ::eventfd(0, EFD_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(Fd, IsEmptyByDefault) {
  const Fd fd;
  EXPECT_FALSE(fd);
  EXPECT_EQ(fd.get(), -1);
}

TEST(Fd, TakesZeroAsADescriptor) {
  Fd fd(0);
  EXPECT_TRUE(fd);
  EXPECT_EQ(fd.release(), 0);
}

TEST(Fd, ClosesWhenItGoes) {
  const int number = open_one();
  { const Fd fd(number); }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, KeepsNothingAfterRelease) {
  Fd fd(open_one());
  const int number = fd.release();
  EXPECT_FALSE(fd);
  fd.reset();
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(Fd, MovesAndClosesWhatItHadBefore) {
  Fd from(open_one());
  Fd to(open_one());
  const int kept = from.get();
  const int replaced = to.get();
  to = std::move(from);
  EXPECT_EQ(to.get(), kept);
  EXPECT_TRUE(is_open(kept));
  EXPECT_FALSE(is_open(replaced));
}

TEST(Fd, SurvivesBeingMovedToItself) {
  Fd fd(open_one());
  Fd& same = fd;
  fd = std::move(same);
  EXPECT_TRUE(is_open(fd.get()));
}

TEST(Fd, DuplicatesCloseOnExec) {
  const Fd fd(open_one());
  const Fd copy = fd.duplicate();
  ASSERT_TRUE(copy);
  EXPECT_NE(copy.get(), fd.get());
  EXPECT_EQ(::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(Fd, DuplicateOfNothingIsEmptyAndSaysWhy) {
  const Fd copy = Fd().duplicate();
  EXPECT_FALSE(copy);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
}  // namespace ekws

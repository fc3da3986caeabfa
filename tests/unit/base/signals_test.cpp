#include "base/signals.h"

#include <gtest/gtest.h>

#include <thread>

namespace ekws {
namespace {

bool is_blocked(int signal) {
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, nullptr, &now);
  return sigismember(&now, signal) == 1;
}

TEST(BlockedSignals, AreInheritedByThreadsAndGivenBack) {
  ASSERT_FALSE(is_blocked(SIGUSR1));
  bool in_thread = false;
  {
    const BlockedSignals blocked;
    std::thread([&] { in_thread = is_blocked(SIGUSR1) && is_blocked(SIGPROF); }).join();
  }
  EXPECT_TRUE(in_thread);
  EXPECT_FALSE(is_blocked(SIGUSR1));
}

}  // namespace
}  // namespace ekws

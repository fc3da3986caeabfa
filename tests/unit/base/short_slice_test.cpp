#include "base/short_slice.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <thread>

namespace ekws {
namespace {

/// The thread's sched_attr, as sched_getattr(2) lays it out.
struct Attr {
  std::uint32_t size = 0, policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0, deadline = 0, period = 0;
};

Attr attr() {
  Attr found;
  EXPECT_EQ(syscall(SYS_sched_getattr, 0, &found, sizeof found, 0), 0);
  return found;
}

TEST(ShortSlice, IsTakenAndChangesNothingElse) {
  std::thread([] {
    ASSERT_EQ(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 5), 0);  // this thread's alone
    const Attr before = attr();
    Attr wanted = before;
    wanted.size = sizeof wanted;
    wanted.runtime = 200'000;
    ASSERT_EQ(syscall(SYS_sched_setattr, 0, &wanted, 0), 0);
    const bool kept = attr().runtime == 200'000;  // not before Linux 6.12
    ask_for_short_slices();
    EXPECT_EQ(attr().nice, 5);
    EXPECT_EQ(attr().policy, static_cast<std::uint32_t>(SCHED_OTHER));
    EXPECT_EQ(attr().runtime, kept ? 100'000U : before.runtime);
  }).join();
}

TEST(ShortSlice, LeavesAThreadOfAnotherPolicyAlone) {
  std::thread([] {
    const sched_param none{};
    ASSERT_EQ(sched_setscheduler(0, SCHED_BATCH, &none), 0);
    const Attr before = attr();
    ask_for_short_slices();
    EXPECT_EQ(attr().policy, static_cast<std::uint32_t>(SCHED_BATCH));
    EXPECT_EQ(attr().runtime, before.runtime);
  }).join();
}

}  // namespace
}  // namespace ekws

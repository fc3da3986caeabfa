#include "net/io_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <new>
#include <set>
#include <stdexcept>

namespace ekws::net {
namespace {

TEST(IoThread, RunsTasksInOrderAndWaits) {
  IoThread thread;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) thread.post([&order, i] { order.push_back(i); });
  thread.run([&] { order.push_back(100); });
  ASSERT_EQ(order.size(), 101U);
  for (int i = 0; i <= 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(IoThread, BringsBackWhatATaskThrew) {
  IoThread thread;
  EXPECT_THROW(thread.run([] { throw std::runtime_error("x"); }), std::runtime_error);
}

TEST(IoThread, SurvivesWhatAPostedTaskThrows) {
  IoThread thread;
  thread.post([] { throw std::runtime_error("x"); });
  thread.post([] { throw 1; });
  bool ran = false;
  thread.run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

/// Cannot at first.
class NeedsMemory : public Recoverable {
 public:
  void recover() override {
    if (++asked < 3) throw std::bad_alloc();
    recovered = true;
  }
  std::atomic<int> asked{0};
  std::atomic<bool> recovered{false};
};

TEST(IoThread, RecoversUntilThatNeedsNoMemoryThatIsNotThere) {
  for (const bool by_throwing : {true, false}) {
    IoThread thread;
    NeedsMemory one;
    NeedsMemory gone;
    thread.run([&] {
      thread.add(gone);
      thread.add(one);
      thread.remove(gone);
    });
    thread.post([&] {
      if (by_throwing) throw std::bad_alloc();
      thread.recover_soon();
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    bool ran = false;
    while (!one.recovered && std::chrono::steady_clock::now() < end) thread.run([&] { ran = true; });
    EXPECT_TRUE(one.recovered);
    EXPECT_TRUE(ran) << "what else there is goes on meanwhile";
    EXPECT_EQ(gone.asked, 0);
  }
}

TEST(IoThread, LeavesSignalsToTheHost) {
  IoThread thread;
  bool blocked = false;
  thread.run([&] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGURG) == 1 && sigismember(&mask, SIGPROF) == 1;
  });
  EXPECT_TRUE(blocked);
}

TEST(IoPool, GivesTheLeastUsedThread) {
  IoPool pool;
  std::set<std::shared_ptr<IoThread>> threads;
  {
    std::vector<IoLease> leases;
    for (int i = 0; i < 40; ++i) {
      leases.push_back(pool.acquire());
      threads.insert(leases.back().thread());
    }
    EXPECT_LE(threads.size(), 4U);
    int least = leases[0].thread()->users;
    int most = least;
    for (const auto& thread : threads) {
      least = std::min<int>(least, thread->users);
      most = std::max<int>(most, thread->users);
    }
    EXPECT_LE(most - least, 1);
  }
  for (const auto& thread : threads) EXPECT_EQ(thread->users, 0);
}

TEST(IoPool, UsesAFreeThreadBeforeItStartsAnother) {
  IoPool pool;
  const auto first = pool.acquire().thread();
  EXPECT_EQ(pool.acquire().thread(), first);
}

}  // namespace
}  // namespace ekws::net

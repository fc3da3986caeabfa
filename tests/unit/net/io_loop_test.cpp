#include "net/io_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <new>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "net/timer.h"
#include "support/descriptors.h"
#include "support/loop_thread.h"

namespace ekws::net {
namespace {

TEST(IoLoop, RunsTasksInOrderAndWaits) {
  LoopThread thread;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) thread->post([&order, i] { order.push_back(i); });
  thread->run([&] { order.push_back(100); });
  ASSERT_EQ(order.size(), 101U);
  for (int i = 0; i <= 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(IoLoop, BringsBackWhatATaskThrew) {
  LoopThread thread;
  EXPECT_THROW(thread->run([] { throw std::runtime_error("x"); }), std::runtime_error);
}

TEST(IoLoop, SurvivesWhatAPostedTaskThrows) {
  LoopThread thread;
  thread->post([] { throw std::runtime_error("x"); });
  thread->post([] { throw 1; });
  bool ran = false;
  thread->run([&] { ran = true; });
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

TEST(IoLoop, RecoversUntilThatNeedsNoMemoryThatIsNotThere) {
  for (const bool by_throwing : {true, false}) {
    LoopThread thread;
    NeedsMemory one;
    NeedsMemory gone;
    thread->run([&] {
      thread->add(gone);
      thread->add(one);
      thread->remove(gone);
    });
    thread->post([&] {
      if (by_throwing) throw std::bad_alloc();
      thread->recover_soon();
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    bool ran = false;
    do {
      thread->run([&] { ran = true; });
    } while (!one.recovered && std::chrono::steady_clock::now() < end);
    EXPECT_TRUE(one.recovered);
    EXPECT_TRUE(ran) << "what else there is goes on meanwhile";
    EXPECT_EQ(gone.asked, 0);
  }
}

bool readable(const Fd& fd) {
  pollfd waited{fd.get(), POLLIN, 0};
  return ::poll(&waited, 1, 0) == 1;
}

/// Turns until there is nothing more to do.
IoLoop::Turn until_done(IoLoop& loop) {
  IoLoop::Turn turn;
  do turn = loop.turn([] { return false; });
  while (turn.more);
  return turn;
}

TEST(IoLoop, TellsOfWhatIsPosted) {
  IoLoop loop;
  const Fd fd = loop.descriptor();
  EXPECT_EQ(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(::fcntl(fd.get(), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  until_done(loop);
  EXPECT_FALSE(readable(fd));
  for (int round = 1; round <= 3; ++round) {
    int ran = 0;
    std::thread([&] {
      for (int i = 0; i < 2; ++i) loop.post([&ran] { ++ran; });
    }).join();
    EXPECT_TRUE(readable(fd)) << round;
    EXPECT_EQ(ran, 0);
    until_done(loop);
    EXPECT_EQ(ran, 2);
    EXPECT_FALSE(readable(fd)) << round;
  }
}

// Each edge in another epoll set must be enough: Go's poller asks for edges.
TEST(IoLoop, TellsByAnEdgeOfEachPost) {
  IoLoop loop;
  const Fd fd = loop.descriptor();
  until_done(loop);
  const Fd outer(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  ASSERT_EQ(::epoll_ctl(outer.get(), EPOLL_CTL_ADD, fd.get(), &event), 0);
  constexpr int kPosts = 10'000;
  std::atomic<int> ran{0};
  std::thread poster([&] {
    for (int i = 0; i < kPosts; ++i) loop.post([&ran] { ++ran; });
  });
  while (ran < kPosts && ::epoll_wait(outer.get(), &event, 1, 10'000) == 1) until_done(loop);
  EXPECT_EQ(ran, kPosts) << "an edge is missing";
  poster.join();
}

TEST(IoLoop, TellsOfATimer) {
  IoLoop loop;
  const Fd fd = loop.descriptor();
  Timer timer(loop.context());
  bool fired = false;
  timer.start(std::chrono::milliseconds(1), [&] { fired = true; });
  pollfd waited{fd.get(), POLLIN, 0};
  for (int i = 0; i < 100 && !fired && ::poll(&waited, 1, 10'000) == 1; ++i) until_done(loop);
  EXPECT_TRUE(fired);
}

// More events than Asio takes at a time, of sockets that nobody reads, must not hide the one that somebody waits for.
TEST(IoLoop, FindsTheOneSocketAmongManyThatNobodyWaitsFor) {
  constexpr std::size_t kMany = 300;
  IoLoop loop;
  std::vector<Fd> peers;
  std::vector<asio::posix::stream_descriptor> sockets;
  for (std::size_t i = 0; i < kMany; ++i) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    peers.emplace_back(pair[0]);
    sockets.emplace_back(loop.context(), pair[1]);
  }
  until_done(loop);
  bool told = false;
  sockets.back().async_wait(asio::posix::stream_descriptor::wait_read,
                            [&told](const asio::error_code& ec) { told = !ec; });
  for (const Fd& peer : peers) ASSERT_EQ(::write(peer.get(), "x", 1), 1);
  until_done(loop);
  EXPECT_TRUE(told);
}

// Without a timerfd nothing would tell of timers.
TEST(OutOfDescriptors, ThereIsNoLoopThatLacksOne) {
  int needed = 0;
  for (bool made = false; !made; ++needed) {
    std::vector<Fd> free;  // so many are left
    for (int i = 0; i < needed; ++i) free.emplace_back(::dup(0));
    const test::NoMoreDescriptors none;
    free.clear();
    try {
      IoLoop loop;
      made = true;
      Timer timer(loop.context());
      bool fired = false;
      timer.start(std::chrono::milliseconds(1), [&] { fired = true; });
      pollfd waited{loop.context().descriptor(), POLLIN, 0};
      for (int i = 0; i < 100 && !fired && ::poll(&waited, 1, 10'000) == 1; ++i) until_done(loop);
      EXPECT_TRUE(fired) << needed;
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code().value(), EMFILE) << e.what();
    }
    ASSERT_LT(needed, 20);
  }
  EXPECT_GT(needed, 5);
}

TEST(IoLoop, TakesATurnOfBoundedLength) {
  IoLoop loop;
  int ran = 0;
  std::function<void()> again = [&] {
    ++ran;
    loop.post(again);
  };
  loop.post(again);
  EXPECT_TRUE(loop.turn([] { return false; }).more);
  EXPECT_GT(ran, 0);
  EXPECT_LT(ran, 1000);
}

TEST(IoLoop, EndsATurnWhereThatIsEnough) {
  IoLoop loop;
  int ran = 0;
  for (int i = 0; i < 10; ++i) loop.post([&ran] { ++ran; });
  EXPECT_TRUE(loop.turn([&ran] { return ran >= 3; }).more);
  EXPECT_GE(ran, 3);
  EXPECT_LE(ran, 4);
  until_done(loop);
  EXPECT_EQ(ran, 10);
}

TEST(IoLoop, IsForOneAtATime) {
  IoLoop loop;
  IoLoop::Turn inner;
  loop.post([&] { inner = loop.turn([] { return false; }); });
  EXPECT_FALSE(until_done(loop).busy);
  EXPECT_TRUE(inner.busy);
}

TEST(IoLoop, SaysWhenItWantsToBeRunAgainToRecover) {
  IoLoop loop;
  NeedsMemory one;
  loop.post([&] {
    loop.add(one);
    loop.recover_soon();
  });
  const auto turn = until_done(loop);
  ASSERT_TRUE(turn.within);
  EXPECT_GT(turn.within->count(), 0);
  EXPECT_LE(*turn.within, kNoMemoryRest);
  EXPECT_EQ(one.asked, 0);
}

TEST(IoLoop, RecoversWhereAnotherThreadAsksForIt) {
  LoopThread thread;
  NeedsMemory one;
  thread->run([&] { thread->add(one); });
  thread->ask_to_recover();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!one.recovered && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_TRUE(one.recovered);
}

TEST(IoPool, NeedsALoopThatWasOpened) {
  IoPool pool;
  EXPECT_GE(IoPool::size(), 1U);
  EXPECT_LE(IoPool::size(), 4U);
  EXPECT_THROW(pool.acquire(), Failure);
  EXPECT_EQ(pool.find(0), nullptr);
  EXPECT_EQ(pool.find(1000), nullptr);
  const Fd first = pool.open(0);
  const Fd again = pool.open(0);
  EXPECT_EQ(pool.acquire().loop().get(), pool.find(0));
}

TEST(OutOfDescriptors, APoolGivesNoLoopThatNobodyRuns) {
  IoPool pool;
  {
    const test::NoMoreDescriptors none;
    EXPECT_THROW(pool.open(0), Failure);
  }
  EXPECT_THROW(pool.acquire(), Failure);
  const Fd opened = pool.open(0);
  EXPECT_EQ(pool.acquire().loop().get(), pool.find(0));
}

TEST(IoPool, GivesTheLeastUsedLoop) {
  IoPool pool;
  std::set<std::shared_ptr<IoLoop>> loops;
  for (std::size_t i = 0; i < IoPool::size(); ++i) pool.open(i);
  {
    std::vector<IoLease> leases;
    for (int i = 0; i < 40; ++i) {
      leases.push_back(pool.acquire());
      loops.insert(leases.back().loop());
    }
    EXPECT_EQ(loops.size(), IoPool::size());
    int least = leases[0].loop()->users;
    int most = least;
    for (const auto& loop : loops) {
      least = std::min<int>(least, loop->users);
      most = std::max<int>(most, loop->users);
    }
    EXPECT_LE(most - least, 1);
  }
  for (const auto& loop : loops) EXPECT_EQ(loop->users, 0);
}

}  // namespace
}  // namespace ekws::net

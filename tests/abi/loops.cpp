#include "loops.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "allocation.h"
#include "process.h"

namespace loops {

namespace {

/// Who was told, by the number of the subscription.
struct Told {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, std::array<bool, 2>> channels;
};

Told& all() {
  static Told& told = *new Told;  // the threads go on until the process ends
  return told;
}

void tell(const ekws_woken* woken, std::uint64_t count) {
  const std::lock_guard<std::mutex> lock(all().mutex);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto found = all().channels.find(woken[i].subscription.id);
    if (found != all().channels.end()) found->second[static_cast<std::size_t>(woken[i].channel)] = true;
  }
  all().changed.notify_all();
}

void run(std::uint32_t loop, int fd) {
  std::array<ekws_woken, 4> woken{};  // so few that now and then they are not enough
  for (;;) {
    ekws_turn turn{};
    if (ekws_run(loop, woken.data(), woken.size(), &turn, nullptr) != EKWS_OK) std::abort();
    if (turn.woken != 0) tell(woken.data(), turn.woken);
    if (turn.more != 0) continue;
    pollfd waited{fd, POLLIN, 0};
    ::poll(&waited, 1, turn.within_ms != 0 ? static_cast<int>(turn.within_ms) : -1);
  }
}

class Threads : public ::testing::Environment {
 public:
  void SetUp() override {
    if (std::exchange(running_, true)) return;  // --gtest_repeat
    sigset_t signals;
    sigset_t before;
    sigfillset(&signals);
    pthread_sigmask(SIG_SETMASK, &signals, &before);
    for (std::uint32_t loop = 0; loop < ekws_loops(); ++loop) {
      int fd = -1;
      open(loop, fd);
      ASSERT_GE(fd, 0);
      std::thread([loop, fd] { run(loop, fd); }).detach();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

 private:
  /// With each allocation failing in turn first: this is the one place where that can be seen.
  static void open(std::uint32_t loop, int& fd) {
    const std::size_t before = process::descriptors();
    long n = 1;
    for (;; ++n) {
      allocation::fail_at(n);
      const int code = ekws_loop_fd(loop, &fd, nullptr);
      const bool failed = allocation::stop();
      EXPECT_EQ(code, failed ? EKWS_E_MEMORY : EKWS_OK) << n;
      if (code == EKWS_OK) break;
      EXPECT_EQ(process::descriptors(), before) << n;
      ekws_turn turn{};
      ekws_woken woken{};
      EXPECT_EQ(ekws_run(loop, &woken, 1, &turn, nullptr), EKWS_E_ARGUMENT) << "it is not there, " << n;
    }
    EXPECT_GT(n, 5) << "hardly anything is allocated: the test is in vain";
  }

  bool running_ = false;
};

[[maybe_unused]] const ::testing::Environment* const threads = ::testing::AddGlobalTestEnvironment(new Threads);

}  // namespace

void wait(std::chrono::milliseconds at_most) {
  std::unique_lock<std::mutex> lock(all().mutex);
  all().changed.wait_for(lock, at_most);
}

bool told(ekws_subscription sub, int channel) {
  const std::lock_guard<std::mutex> lock(all().mutex);
  const auto found = all().channels.find(sub.id);
  return found != all().channels.end() && std::exchange(found->second[static_cast<std::size_t>(channel)], false);
}

void watch(ekws_subscription sub) {
  const std::lock_guard<std::mutex> lock(all().mutex);
  all().channels[sub.id] = {true, true};
}

void forget(ekws_subscription sub) {
  const std::lock_guard<std::mutex> lock(all().mutex);
  all().channels.erase(sub.id);
}

}  // namespace loops

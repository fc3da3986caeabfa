// The queue between two threads, so small that resting and waking happen all the time.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "data/queue.h"

namespace ekws::data {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kRecords = 200'000;
#else
constexpr std::uint64_t kRecords = 1'000'000;
#endif
constexpr int kDeadlineMs = 20'000;

/// Now and then one that the queue does not copy.
std::size_t size_of(std::uint64_t n) { return n % 1000 == 999 ? 17'000 : 8 + n % 23; }

/// Stands for the io thread: rests while the queue is full until it is told that there is room.
class Producer {
 public:
  void room() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++rooms_;
    told_.notify_one();
  }

  void run(Queue& queue) {
    const auto pool = std::make_shared<BytesPool>();
    for (std::uint64_t n = 0; n < kRecords && !stuck_; ++n) {
      Bytes payload(pool);
      payload.append(std::string(size_of(n), 'x').data(), size_of(n));
      std::memcpy(payload.data(), &n, sizeof n);
      queue.push({EKWS_BINARY, 0, 1, 0, payload.view()}, &payload);
      if (n % 3 == 0 || n + 1 == kRecords) queue.flush();
      if (queue.full()) {
        queue.flush();
        rest();
      }
    }
  }

  std::uint64_t rests() const { return rests_; }
  std::uint64_t rooms() const { return rooms_; }
  bool stuck() const { return stuck_; }

 private:
  void rest() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++rests_;
    stuck_ = !told_.wait_for(lock, std::chrono::milliseconds(kDeadlineMs), [this] { return rooms_ == rests_; });
  }

  std::mutex mutex_;
  std::condition_variable told_;
  std::uint64_t rooms_ = 0;
  std::uint64_t rests_ = 0;
  bool stuck_ = false;
};

/// Until the producer rests, or has nothing more to give. However fast the reader is, it comes to that.
void wait_for_rest(const Queue& queue) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kDeadlineMs);
  while (!queue.resting() && queue.pushed_records() < kRecords && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
}

/// Stands for who runs the loop and tells the reader.
bool told(Wakeups& wakeups) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kDeadlineMs);
  ekws_woken woken{};
  while (wakeups.take(&woken, 1) == 0) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Drains into buffers of changing size and checks the sequence; now and then the producer has to rest for it. Returns
/// how many came.
std::uint64_t consume(Queue& queue, Wakeups& wakeups) {
  std::vector<char> bytes(20'000);
  std::vector<ekws_record> records(100);
  std::uint64_t next = 0;
  std::size_t needed = 0;
  std::uint64_t next_wait = 0;
  while (next < kRecords) {
    if (!told(wakeups)) return next;
    for (std::uint64_t more = 1; more != 0;) {
      if (next >= next_wait) {
        wait_for_rest(queue);
        next_wait = next + 100;
      }
      Batch batch(bytes.data(), std::max<std::size_t>(needed, 30 + next % 1900), records.data(), 1 + next % 97);
      queue.drain(batch);
      needed = batch.out().needed;
      for (std::uint64_t i = 0; i < batch.out().records; ++i) {
        std::uint64_t sequence = 0;
        std::memcpy(&sequence, bytes.data() + records[i].offset, sizeof sequence);
        if (sequence != next || records[i].length != size_of(next)) return next;
        ++next;
      }
      more = batch.out().more;
    }
  }
  return next;
}

TEST(QueueStress, LosesNothingKeepsOrderAndPairsEveryRestWithOneRoom) {
  Producer producer;
  Wakeups wakeups;
  Wakeup wakeup(wakeups, {});
  Queue queue(512, 48, wakeup, [&] { producer.room(); });
  std::thread thread([&] { producer.run(queue); });
  const std::uint64_t received = consume(queue, wakeups);
  thread.join();
  EXPECT_EQ(received, kRecords);
  EXPECT_FALSE(producer.stuck()) << "rested and was never told that there is room";
  EXPECT_EQ(producer.rooms(), producer.rests());
  EXPECT_EQ(queue.pauses(), producer.rests());
  EXPECT_GT(producer.rests(), 1000U) << "this test is about resting";
  EXPECT_EQ(queue.queued_bytes(), 0U);
  EXPECT_EQ(queue.queued_records(), 0U);
}

}  // namespace
}  // namespace ekws::data

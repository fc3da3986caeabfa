// Every entry with every allocation of the calling thread failing in turn: an error, no crash, nothing lost or left.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "allocation.h"
#include "peer.h"
#include "ports.h"
#include "process.h"
#include "reader.h"

namespace {

constexpr long kMostAllocations = 10'000;

/// Calls `entry` with the n-th allocation failing. True once it had no n-th allocation; then it has succeeded.
bool survives(long n, const std::function<int(ekws_error*)>& entry) {
  ekws_error error{};
  allocation::fail_at(n);
  const int code = entry(&error);
  const bool failed = allocation::stop();
  EXPECT_EQ(error.code, code);
  if (!failed) {
    EXPECT_EQ(code, EKWS_OK) << error.text;
    return true;
  }
  // An allocation that is not vital may fail without a word; else it is class internal.
  EXPECT_TRUE(code == EKWS_OK || code == EKWS_E_MEMORY) << "allocation " << n << ": " << error.text;
  return false;
}

/// `entry` again and again until nothing fails; `after` is called after each failure, with its n.
void every_allocation(const std::function<int(ekws_error*)>& entry, const std::function<void(long)>& after = {}) {
  long n = 1;
  while (n < kMostAllocations && !survives(n, entry)) {
    if (after) after(n);
    if (::testing::Test::HasFailure()) return;
    ++n;
  }
  EXPECT_GT(n, 1) << "this entry allocates nothing: the test is in vain";
}

std::string server() { return server_config(free_port(), "/x", R"(,"unknownProperty":1)"); }

TEST(Throw, Create) {
  const std::string config = server();
  ekws_subscription sub{};
  const std::size_t before = process::descriptors();
  every_allocation([&](ekws_error* err) { return ekws_create(config.data(), config.size(), &sub, err); },
                   [&](long n) {
                     EXPECT_EQ(sub.id, 0U) << "written on success only";
                     EXPECT_LE(process::descriptors(), before) << "allocation " << n;
                   });
  EXPECT_EQ(ekws_close(sub, nullptr), EKWS_OK);
}

TEST(Throw, CreateThatFailsAnyway) {
  const std::string config = R"({"props":{"datasource":"no-slash"}})";
  for (long n = 1; n < kMostAllocations; ++n) {
    ekws_subscription sub{};
    ekws_error error{};
    allocation::fail_at(n);
    const int code = ekws_create(config.data(), config.size(), &sub, &error);
    if (!allocation::stop()) {
      EXPECT_EQ(code, EKWS_E_CONFIG_VALUE);
      return;
    }
    EXPECT_TRUE(code == EKWS_E_MEMORY || code == EKWS_E_CONFIG_VALUE) << n << ": " << error.text;
  }
}

TEST(Throw, LoopFd) {  // allocates nothing now; if it ever does, it must be able to fail
  int32_t fd = -1;
  for (long n = 1; !survives(n, [&](ekws_error* err) { return ekws_loop_fd(0, &fd, err); });) ++n;
  EXPECT_EQ(::close(fd), 0);
}

TEST(Throw, Stats) {
  Reader reader(server());
  ekws_stats stats{};
  stats.struct_size = sizeof stats;
  for (long n = 1; !survives(n, [&](ekws_error* err) { return ekws_stats_get(reader.handle(), &stats, err); });) ++n;
}

TEST(Throw, StartOfAServer) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  every_allocation([&](ekws_error* err) { return ekws_start(reader.handle(), err); });
  if (HasFailure()) return;
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << "a start that failed can be repeated\n" << reader.story();
  EXPECT_EQ(Peer::connect(port, "/x")->status(), 101);
}

TEST(Throw, StartOfAClient) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x"));
  every_allocation([&](ekws_error* err) { return ekws_start(reader.handle(), err); });
  if (HasFailure()) return;
  const auto peer = listener.accept();  // kept: it would be dialled again
  EXPECT_TRUE(peer);
  EXPECT_FALSE(listener.accept(std::chrono::milliseconds(100))) << "one start that worked, one connection";
}

TEST(Throw, StartThatJoins) {
  const auto port = free_port();
  Reader first(server_config(port, "/x"));
  first.start();
  Reader second(server_config(port, "/x"));
  every_allocation([&](ekws_error* err) { return ekws_start(second.handle(), err); });
  if (HasFailure()) return;
  ASSERT_TRUE(second.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x");
  ASSERT_TRUE(peer->send("x"));
  ASSERT_TRUE(first.until_messages(1));
  ASSERT_TRUE(second.until_messages(1));
  EXPECT_EQ(second.messages().size(), 1U) << "joined once";
  second.close();
  first.close();
  Socket again;
  EXPECT_TRUE(listen_on(port, again)) << "a failed start holds no share of the listener";
}

TEST(Throw, StartThatIsThenGivenUp) {
  const auto port = free_port();
  for (long n = 1; n < kMostAllocations; ++n) {
    Reader reader(server_config(port, "/x"));
    if (survives(n, [&](ekws_error* err) { return ekws_start(reader.handle(), err); })) return;
    reader.close();
    Socket again;
    ASSERT_TRUE(listen_on(port, again)) << "allocation " << n;
  }
}

// What cannot be undone must not fail: a close that fails leaves a listener that nobody can ever close.
TEST(Throw, Close) {
  for (const bool with_another : {false, true}) {
    for (long n = 1; n < kMostAllocations; ++n) {
      const auto port = free_port();
      Reader another(server_config(port, "/y"));
      if (with_another) another.start();
      Reader reader(server_config(port, "/x"));
      reader.start();
      ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << "allocation " << n << "\n" << reader.story();
      ekws_error error{};
      allocation::fail_at(n);
      int code = ekws_close(reader.handle(), &error);
      const bool failed = allocation::stop();
      if (code != EKWS_OK) {
        EXPECT_EQ(code, EKWS_E_MEMORY);
        code = ekws_close(reader.handle(), &error);
        EXPECT_EQ(code, EKWS_OK) << "allocation " << n << ": a close that failed can be repeated: " << error.text;
      }
      if (with_another) another.close();
      Socket again;
      ASSERT_TRUE(listen_on(port, again)) << "allocation " << n << ": the port is still held";
      if (!failed) break;
    }
  }
}

// An endpoint ends on its io thread, which has to be told so.
TEST(Throw, CloseThatFailsLeavesNothing) {
  const auto port = free_port();
  const auto round = [port] {
    for (long n = 1; n < kMostAllocations; ++n) {
      Reader reader(server_config(port, "/x"));
      reader.start();
      allocation::fail_at(n);
      const int code = ekws_close(reader.handle(), nullptr);
      if (!allocation::stop()) return;
      if (code != EKWS_OK) reader.close();
    }
  };
  constexpr std::size_t rounds = 30;
  constexpr std::size_t least_leaked = 512;  // of an endpoint: one a round is seen
  round();
  const std::size_t before = process::allocated();
  for (std::size_t i = 0; i < rounds; ++i) round();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (process::allocated() > before + rounds * least_leaked && std::chrono::steady_clock::now() < end) {
    ::poll(nullptr, 0, 10);
  }
  EXPECT_LE(process::allocated(), before + rounds * least_leaked);
}

TEST(Throw, CloseOfWhatWasNotStarted) {
  const std::string config = server();
  const std::size_t before = process::descriptors();
  for (long n = 1; n < kMostAllocations; ++n) {
    ekws_subscription sub{};
    ASSERT_EQ(ekws_create(config.data(), config.size(), &sub, nullptr), EKWS_OK);
    const bool done = survives(n, [&](ekws_error* err) { return ekws_close(sub, err); });
    EXPECT_LE(process::descriptors(), before);
    if (done) return;
  }
}

// A drain that frees room has to say so to the io thread; where it cannot, nothing may be lost and reading must go on.
TEST(Throw, Drain) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", R"(,"queueMessages":4)"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x");
  int sent = 0;
  const auto fill = [&] {
    ASSERT_TRUE(reader.until_events([&] {
      if (reader.stats().paused == 0 && !peer->send(std::to_string(sent++))) ADD_FAILURE();
      return reader.stats().paused == 1;
    }));
  };
  std::size_t received = 0;
  for (long n = 1; n < 100; ++n) {
    fill();
    if (HasFatalFailure()) return;
    char bytes[4096];
    ekws_record records[64];
    ekws_drained drained{};
    ekws_error error{};
    allocation::fail_at(n);
    const int code = ekws_drain(reader.handle(), EKWS_CHANNEL_DATA, bytes, sizeof bytes, records, 64, &drained, &error);
    const bool failed = allocation::stop();
    EXPECT_TRUE(code == EKWS_OK || code == EKWS_E_MEMORY) << error.text;
    for (std::size_t i = 0; i < drained.records; ++i) {
      const ekws_record& record = records[i];
      if (record.kind != EKWS_TEXT) continue;
      EXPECT_EQ(std::string(bytes + record.offset, record.length), std::to_string(received)) << "allocation " << n;
      ++received;
    }
    const std::size_t first_left = received;
    reader.data.clear();
    EXPECT_TRUE(
        reader.until([&] { return received + reader.messages().size() == static_cast<std::size_t>(sent); }, kDeadline))
        << "allocation " << n << ": of " << sent << " messages came " << received + reader.messages().size();
    for (const Record& message : reader.messages()) EXPECT_EQ(message.payload, std::to_string(received++));
    EXPECT_GE(received, first_left);
    if (HasFailure()) return;
    if (!failed) return;
  }
  FAIL() << "it never came to an end";
}

TEST(Throw, DrainOfEvents) {
  const std::string config = server();
  for (long n = 1; n < 100; ++n) {
    Reader reader(config);
    char bytes[4096];
    ekws_record records[8];
    ekws_drained drained{};
    const bool done = survives(n, [&](ekws_error* err) {
      return ekws_drain(reader.handle(), EKWS_CHANNEL_EVENTS, bytes, sizeof bytes, records, 8, &drained, err);
    });
    if (drained.records == 0) {
      EXPECT_TRUE(reader.until_events([&] { return reader.has_log("unknownProperty"); })) << "still there";
    }
    if (done) return;
  }
}

TEST(Throw, ProbeOfAServer) {
  const std::string config = server();
  const std::size_t before = process::descriptors();
  every_allocation([&](ekws_error* err) { return ekws_probe(config.data(), config.size(), 60'000, err); },
                   [&](long n) { EXPECT_LE(process::descriptors(), before) << "allocation " << n; });
}

TEST(Throw, ProbeOfAClient) {
  // The peer answers every one that gets so far; those that fail halfway must not disturb the next.
  Listener listener;
  const std::string config = client_config(listener.port(), "/x", R"(,"closeTimeout":20,"handshakeTimeout":"10s")");
  std::atomic<bool> stop{false};
  std::thread peers([&] {
    while (!stop) {
      if (const auto peer = listener.try_accept(std::chrono::milliseconds(20)))
        peer->read_to_close(std::chrono::milliseconds(50));
    }
  });
  every_allocation([&](ekws_error* err) { return ekws_probe(config.data(), config.size(), 10'000, err); });
  stop = true;
  peers.join();
}

TEST(Throw, HandlesThatAreNoneAreStillAnswered) {
  for (long n = 1; n < 20; ++n) {
    allocation::fail_at(n);
    const int code = ekws_start({0}, nullptr);
    const bool failed = allocation::stop();
    EXPECT_TRUE(code == EKWS_E_CLOSED || (failed && code == EKWS_E_MEMORY)) << code;
  }
}

}  // namespace

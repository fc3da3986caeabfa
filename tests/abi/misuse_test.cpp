// Misuse is answered, whatever it is; nothing of it crashes.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "held_memory.h"
#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::HasSubstr;

const std::string kConfig = R"({"props":{"datasource":"/x"}})";

/// A handle that is valid, one that was, and some that never were.
class Misuse : public ::testing::Test {
 protected:
  Misuse() {
    EXPECT_EQ(ekws_create(kConfig.data(), kConfig.size(), &open_, nullptr), EKWS_OK);
    EXPECT_EQ(ekws_create(kConfig.data(), kConfig.size(), &closed_, nullptr), EKWS_OK);
    EXPECT_EQ(ekws_close(closed_, nullptr), EKWS_OK);
  }
  ~Misuse() override { ekws_close(open_, nullptr); }

  ekws_subscription open_{};
  ekws_subscription closed_{};
  ekws_error error_{};
  char bytes_[100];
  ekws_record records_[2];
  ekws_drained drained_{};
  ekws_woken woken_[2];
  int32_t fd_ = -7;
};

TEST_F(Misuse, HandlesThatAreClosedOrInvented) {
  for (const std::uint64_t id : {closed_.id, std::uint64_t{0}, open_.id + 1'000'000, ~std::uint64_t{0}}) {
    const ekws_subscription handle{id};
    ekws_stats stats{};
    stats.struct_size = sizeof stats;
    const std::function<int(ekws_error*)> entries[] = {
        [&](ekws_error* err) { return ekws_start(handle, err); },
        [&](ekws_error* err) {
          return ekws_drain(handle, EKWS_CHANNEL_DATA, bytes_, sizeof bytes_, records_, 2, &drained_, err);
        },
        [&](ekws_error* err) { return ekws_stats_get(handle, &stats, err); },
        [&](ekws_error* err) { return ekws_close(handle, err); }};
    for (const auto& entry : entries) {
      EXPECT_EQ(entry(&error_), EKWS_E_CLOSED);
      EXPECT_EQ(error_.code, EKWS_E_CLOSED);
      EXPECT_THAT(error_.text, HasSubstr("closed"));
      EXPECT_EQ(entry(nullptr), EKWS_E_CLOSED);
    }
  }
}

TEST_F(Misuse, Loops) {
  ASSERT_GE(ekws_loops(), 1U);
  ekws_turn turn{};
  for (const std::uint32_t loop : {ekws_loops(), UINT32_MAX}) {
    EXPECT_EQ(ekws_loop_fd(loop, &fd_, &error_), EKWS_E_ARGUMENT);
    EXPECT_THAT(error_.text, HasSubstr("loop"));
    turn = {7, 7, 7};
    EXPECT_EQ(ekws_run(loop, woken_, 2, &turn, &error_), EKWS_E_ARGUMENT);
    EXPECT_THAT(error_.text, HasSubstr("loop"));
    EXPECT_EQ(turn.woken + turn.more + turn.within_ms, 0U) << "written where it fails, too";
  }
  EXPECT_EQ(fd_, -7) << "written on success only";
  EXPECT_EQ(ekws_loop_fd(0, nullptr, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_run(0, nullptr, 2, &turn, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_run(0, woken_, 0, &turn, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_run(0, woken_, 2, nullptr, &error_), EKWS_E_ARGUMENT);
}

TEST_F(Misuse, Null) {
  ekws_subscription out{42};
  EXPECT_EQ(ekws_create(nullptr, 0, &out, &error_), EKWS_E_ARGUMENT);
  EXPECT_THAT(error_.text, HasSubstr("config"));
  EXPECT_EQ(out.id, 42U);
  EXPECT_EQ(ekws_create(kConfig.data(), kConfig.size(), nullptr, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_create(nullptr, 0, nullptr, nullptr), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_drain(open_, EKWS_CHANNEL_DATA, nullptr, 1, records_, 2, &drained_, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_drain(open_, EKWS_CHANNEL_DATA, bytes_, 1, nullptr, 2, &drained_, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_drain(open_, EKWS_CHANNEL_DATA, bytes_, 1, records_, 2, nullptr, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_stats_get(open_, nullptr, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_probe(nullptr, 0, 10, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_probe(nullptr, 0, 10, nullptr), EKWS_E_ARGUMENT);
}

TEST_F(Misuse, Channels) {
  for (const int channel : {-1, 2, 1'000'000, INT32_MIN}) {
    EXPECT_EQ(ekws_drain(open_, channel, bytes_, 1, records_, 2, &drained_, &error_), EKWS_E_ARGUMENT);
    EXPECT_THAT(error_.text, HasSubstr("channel"));
  }
}

TEST_F(Misuse, NoRoom) {
  EXPECT_EQ(ekws_drain(open_, EKWS_CHANNEL_DATA, bytes_, 1, records_, 0, &drained_, &error_), EKWS_E_ARGUMENT);
  EXPECT_EQ(ekws_drain(open_, EKWS_CHANNEL_DATA, nullptr, 0, records_, 2, &drained_, &error_), EKWS_OK)
      << "records without a payload need no bytes";
}

TEST_F(Misuse, WritesZeroesWhereADrainFails) {
  drained_ = {7, 7, 7, 7};
  EXPECT_EQ(ekws_drain(closed_, EKWS_CHANNEL_DATA, bytes_, 1, records_, 2, &drained_, &error_), EKWS_E_CLOSED);
  EXPECT_EQ(drained_.records + drained_.bytes + drained_.needed + drained_.more, 0U);
}

TEST_F(Misuse, StructSizes) {
  ekws_stats stats{};
  for (const std::uint64_t size : {0, 1, 7}) {
    stats.struct_size = size;
    EXPECT_EQ(ekws_stats_get(open_, &stats, &error_), EKWS_E_ARGUMENT) << size;
  }
  // A caller with an older header: what it does not know is not written.
  stats = {};
  stats.struct_size = offsetof(ekws_stats, queued_messages);
  stats.queued_messages = 77;
  stats.pauses = 77;
  EXPECT_EQ(ekws_stats_get(open_, &stats, &error_), EKWS_OK);
  EXPECT_EQ(stats.queued_messages, 77U);
  EXPECT_EQ(stats.pauses, 77U);
  EXPECT_EQ(stats.struct_size, offsetof(ekws_stats, queued_messages));
  // One with a newer header is told how much was written.
  struct Newer {
    ekws_stats known;
    std::uint64_t more;
  } newer{};
  newer.known.struct_size = sizeof newer;
  newer.more = 77;
  EXPECT_EQ(ekws_stats_get(open_, &newer.known, &error_), EKWS_OK);
  EXPECT_EQ(newer.known.struct_size, sizeof stats);
  EXPECT_EQ(newer.more, 77U);
}

TEST_F(Misuse, Twice) {
  Reader reader(server_config(free_port(), "/x"));
  reader.start();
  EXPECT_EQ(ekws_start(reader.handle(), &error_), EKWS_E_ARGUMENT);
  EXPECT_THAT(error_.text, HasSubstr("started before"));
  reader.close();
  EXPECT_EQ(ekws_close(reader.handle(), &error_), EKWS_E_CLOSED);
  EXPECT_EQ(ekws_start(reader.handle(), &error_), EKWS_E_CLOSED);
}

TEST_F(Misuse, HandlesAreNeverUsedAgain) {
  std::uint64_t last = open_.id;
  for (int i = 0; i < 100; ++i) {
    ekws_subscription next{};
    ASSERT_EQ(ekws_create(kConfig.data(), kConfig.size(), &next, nullptr), EKWS_OK);
    EXPECT_GT(next.id, last);
    last = next.id;
    ekws_close(next, nullptr);
  }
}

TEST_F(Misuse, Configurations) {
  struct Bad {
    std::string config;
    int code;
  };
  const Bad all[] = {{"", EKWS_E_CONFIG_SYNTAX},
                     {"{", EKWS_E_CONFIG_SYNTAX},
                     {"[]", EKWS_E_CONFIG_SYNTAX},
                     {"null", EKWS_E_CONFIG_SYNTAX},
                     {"{}", EKWS_E_CONFIG_SYNTAX},
                     {R"({"props":[]})", EKWS_E_CONFIG_SYNTAX},
                     {R"({"props":{},"what":1})", EKWS_E_CONFIG_SYNTAX},
                     {std::string(100'000, '['), EKWS_E_CONFIG_SYNTAX},
                     {"{\"props\":{\"datasource\":\"/\xff\"}}", EKWS_E_CONFIG_SYNTAX},
                     {R"({"props":{}})", EKWS_E_CONFIG_VALUE},
                     {R"({"props":{"datasource":"no-slash"}})", EKWS_E_CONFIG_VALUE},
                     {R"({"props":{"datasource":"/x","queueMessages":0}})", EKWS_E_CONFIG_VALUE},
                     {R"({"props":{"datasource":"/{id:[}"}})", EKWS_E_CONFIG_VALUE}};
  for (const Bad& bad : all) {
    ekws_subscription out{42};
    EXPECT_EQ(ekws_create(bad.config.data(), bad.config.size(), &out, &error_), bad.code) << bad.config.substr(0, 100);
    EXPECT_EQ(error_.code / 100, EKWS_CLASS_CONFIG);
    EXPECT_GT(error_.text_len, 0U);
    EXPECT_EQ(out.id, 42U);
  }
}

TEST_F(Misuse, WarningsWaitOnTheEventChannel) {
  Reader reader(R"({"props":{"datasource":"/x","queueMessage":3}})");
  ASSERT_TRUE(reader.until_events([&] { return !reader.events.empty(); }));
  EXPECT_EQ(reader.events[0].arg, EKWS_LOG_WARN);
  EXPECT_THAT(reader.events[0].payload, HasSubstr("queueMessages"));
}

TEST_F(Misuse, ASecondThreadIsToldThatTheChannelIsBusy) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x");
  ASSERT_TRUE(peer->send("hello", true));
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().queued_messages == 2; })) << "a connection, a message";

  HeldMemory held;
  ekws_record records[4];
  ekws_drained drained{};
  int32_t code = -1;
  std::thread first([&] {
    code = ekws_drain(reader.handle(), EKWS_CHANNEL_DATA, held.data(), held.size(), records, 4, &drained, nullptr);
  });
  EXPECT_TRUE(held.until_touched(kDeadline));
  drained_.records = 7;
  EXPECT_EQ(ekws_drain(reader.handle(), EKWS_CHANNEL_DATA, bytes_, sizeof bytes_, records_, 2, &drained_, &error_),
            EKWS_E_BUSY);
  EXPECT_THAT(error_.text, HasSubstr("another thread"));
  EXPECT_EQ(drained_.records, 0U);
  EXPECT_EQ(ekws_drain(reader.handle(), EKWS_CHANNEL_EVENTS, bytes_, sizeof bytes_, records_, 2, &drained_, nullptr),
            EKWS_OK)
      << "the other channel is another one";
  held.let_go();
  first.join();
  EXPECT_EQ(code, EKWS_OK);
  EXPECT_THAT(std::string(held.data(), drained.bytes), HasSubstr("hello")) << "who came first has it";
  EXPECT_EQ(ekws_drain(reader.handle(), EKWS_CHANNEL_DATA, bytes_, sizeof bytes_, records_, 2, &drained_, nullptr),
            EKWS_OK)
      << "and is done";
}

TEST_F(Misuse, ThreadsThatDrainOneChannelTakeEachMessageOnce) {
  constexpr int kMessages = 32;
  const auto port = free_port();
  Reader reader(server_config(port, "/x", R"(,"queueBytes":"1GiB")"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto peer = Peer::connect(port, "/x");
  // Large enough that a drain takes long, so that some come in while another copies.
  const std::string payload(1U << 20U, 'x');
  for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(peer->send(payload, true));
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().messages == static_cast<std::uint64_t>(kMessages); }));
  std::atomic<std::uint64_t> messages{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<char> bytes(2 * payload.size());
      ekws_record room[2];
      ekws_drained drained{};
      while (messages < kMessages) {
        const int code =
            ekws_drain(reader.handle(), EKWS_CHANNEL_DATA, bytes.data(), bytes.size(), room, 2, &drained, nullptr);
        EXPECT_TRUE(code == EKWS_OK || code == EKWS_E_BUSY) << code;
        for (std::uint64_t i = 0; i < drained.records; ++i) messages += room[i].kind == EKWS_BINARY ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(messages, static_cast<std::uint64_t>(kMessages)) << "each message once";
}

TEST_F(Misuse, CloseWhileOthersUseTheHandle) {
  for (int round = 0; round < 50; ++round) {
    const std::string config = server_config(free_port(), "/x");
    ekws_subscription sub{};
    ASSERT_EQ(ekws_create(config.data(), config.size(), &sub, nullptr), EKWS_OK);
    ASSERT_EQ(ekws_start(sub, nullptr), EKWS_OK);
    std::thread user([&] {
      char bytes[1000];
      ekws_record records[8];
      ekws_drained drained{};
      ekws_stats stats{};
      int code = EKWS_OK;
      while (code == EKWS_OK) {
        stats.struct_size = sizeof stats;
        EXPECT_THAT(ekws_stats_get(sub, &stats, nullptr), ::testing::AnyOf(EKWS_OK, EKWS_E_CLOSED));
        code = ekws_drain(sub, EKWS_CHANNEL_EVENTS, bytes, sizeof bytes, records, 8, &drained, nullptr);
      }
      EXPECT_EQ(code, EKWS_E_CLOSED);
    });
    EXPECT_EQ(ekws_close(sub, nullptr), EKWS_OK);
    user.join();
  }
}

TEST_F(Misuse, StartAndCloseAtOnce) {
  for (int round = 0; round < 200; ++round) {
    const std::string config = server_config(free_port(), "/x");
    ekws_subscription sub{};
    ASSERT_EQ(ekws_create(config.data(), config.size(), &sub, nullptr), EKWS_OK);
    std::thread starter([&] { EXPECT_THAT(ekws_start(sub, nullptr), ::testing::AnyOf(EKWS_OK, EKWS_E_CLOSED)); });
    EXPECT_EQ(ekws_close(sub, nullptr), EKWS_OK);
    starter.join();
    EXPECT_EQ(ekws_start(sub, nullptr), EKWS_E_CLOSED);
    // Whichever came first: nobody holds the port now.
    std::uint16_t port = 0;
    ASSERT_EQ(std::sscanf(config.c_str() + config.find("Port\":"), "Port\":%hu", &port), 1);
    Socket again;
    ASSERT_TRUE(listen_on(port, again)) << "round " << round;
  }
}

// An error text may name a path of the user's machine, which is as long as it likes.
TEST_F(Misuse, ALongTextIsCutAtACharacter) {
  char folder[] = "/tmp/ekws_abi_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  std::string name = folder;
  std::vector<std::string> made{name};
  for (int depth = 0; depth < 6; ++depth) {
    name += "/";
    for (int i = 0; i < 80; ++i) name += "\xe6\xb8\xa9";  // 240 bytes
    ASSERT_EQ(::mkdir(name.c_str(), 0700), 0);
    made.push_back(name);
  }
  const std::string file = name + "/kuiper.yaml";
  std::ofstream(file) << "source:\n  httpServerTls:\n    certfile: x\n";
  // Doubled slashes move the place where the text is cut by a byte each.
  for (int slashes = 1; slashes <= 4; ++slashes) {
    const std::string path =
        std::string(folder) + std::string(static_cast<std::size_t>(slashes), '/') + file.substr(made[0].size() + 1);
    const std::string config = R"({"props":{"datasource":"/x"},"kuiperYaml":")" + path + "\"}";
    ekws_subscription out{};
    EXPECT_EQ(ekws_create(config.data(), config.size(), &out, &error_), EKWS_E_CONFIG_VALUE) << error_.text;
    EXPECT_LT(error_.text_len, static_cast<std::uint32_t>(EKWS_ERROR_TEXT_MAX));
    EXPECT_GE(error_.text_len, static_cast<std::uint32_t>(EKWS_ERROR_TEXT_MAX - 4)) << error_.text;
    EXPECT_EQ(error_.text[error_.text_len], '\0');
    const std::string text(error_.text, error_.text_len);
    EXPECT_EQ(text.substr(text.size() - 3), "\xe6\xb8\xa9") << "cut inside a character";
  }
  EXPECT_EQ(::unlink(file.c_str()), 0);
  for (auto it = made.rbegin(); it != made.rend(); ++it) EXPECT_EQ(::rmdir(it->c_str()), 0);
}

}  // namespace

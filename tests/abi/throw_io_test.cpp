// Allocations of the io threads that fail, each in turn, alone or with all that follow: what it hits may be lost, but
// the endpoint goes on.
#include <gtest/gtest.h>

#include <algorithm>

#include "allocation.h"
#include "peer.h"
#include "ports.h"
#include "process.h"
#include "reader.h"

namespace {

using std::chrono::milliseconds;

constexpr long kMostAllocations = 10'000;
constexpr const char* kShortQueue = R"(,"queueMessages":4)";

/// How many fail.
class ThrowOnIoThread : public ::testing::TestWithParam<long> {
 protected:
  /// `scene` with the n-th allocation failing, for every n that it has; `after` sees to it that all works.
  template <typename Scene, typename After>
  void every_allocation(Scene scene, After after) {
    long n = 1;
    for (bool reached = true; reached && n < kMostAllocations; ++n) {
      SCOPED_TRACE("allocation " + std::to_string(n));
      allocation::fail_elsewhere_at(n, GetParam());
      scene();
      reached = allocation::stop_elsewhere();
      after(n);
      if (HasFailure()) return;
    }
    EXPECT_GT(n, 10) << "hardly anything is allocated: the test is in vain";
  }
};

/// Sends until reading rests, and has it all read, or until the connection is gone.
void overfill(Reader& reader, Peer& peer) {
  reader.data.clear();
  std::size_t sent = 0;
  EXPECT_TRUE(reader.until_events([&] { return reader.stats().paused == 1 || !peer.send("x") || ++sent == 0; }));
  EXPECT_TRUE(reader.until([&] { return reader.messages().size() >= sent || !peer.ping(); }));
}

bool has(const Reader& reader, const std::string& text) {
  const auto all = reader.messages();
  return std::any_of(all.begin(), all.end(), [&](const Record& r) { return r.payload == text; });
}

/// Connections that were announced and are not over.
std::size_t announced(const Reader& reader) {
  const auto count = [&](int kind) {
    return std::count_if(reader.data.begin(), reader.data.end(), [&](const Record& r) { return r.kind == kind; });
  };
  return static_cast<std::size_t>(count(EKWS_OPENED) - count(EKWS_CLOSED));
}

int last_state(const Reader& reader) {
  int last = -1;
  for (const Record& r : reader.events) last = r.kind == EKWS_STATE ? r.arg : last;
  return last;
}

TEST_P(ThrowOnIoThread, PeersOfAListener) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", std::string(kShortQueue) + R"(,"maxConnections":2)"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
  const std::size_t before = process::descriptors();
  {
    std::unique_ptr<Peer> resting;
    const auto works = [&](Peer& peer, const std::string& text) {
      return peer.status() == 101 && peer.send(text) && reader.until([&] { return has(reader, text); });
    };
    every_allocation(
        [&] {
          const auto peer = Peer::connect(port, "/x", milliseconds(2000));
          if (peer->status() == 101) {
            if (resting) resting->send("rests as well");
            overfill(reader, *peer);
          }
          peer->drop();
        },
        [&](long n) {
          const std::string text = std::to_string(n);
          if (!resting || !resting->send(text) ||
              !reader.until([&] { return has(reader, text) || reader.stats().connections == 0; }) ||
              !has(reader, text)) {
            ASSERT_TRUE(reader.until([&] { return reader.stats().connections == 0; })) << "a peer is not read from";
            resting = Peer::connect(port, "/x");
            EXPECT_TRUE(works(*resting, text)) << resting->status() << "\n" << reader.story();
          }
          std::unique_ptr<Peer> next;
          // What the one before has sent may still be read.
          EXPECT_TRUE(reader.until([&] {
            next = Peer::connect(port, "/x");
            return next->status() != 503;
          })) << "its place is lost";
          EXPECT_TRUE(works(*next, text + " in its place")) << next->status() << "\n" << reader.story();
          next->drop();
          EXPECT_TRUE(reader.until([&] { return reader.stats().connections == 1; }));
          reader.events.clear();
        });
  }
  reader.close();
  EXPECT_LE(process::descriptors(), before);
}

TEST_P(ThrowOnIoThread, ConnectionsOfAClient) {
  Listener listener;
  Reader reader(client_config(listener.port(), "/x", kShortQueue));
  reader.start();
  auto peer = listener.accept();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  every_allocation(
      [&] {
        overfill(reader, *peer);
        peer->drop();
        peer = listener.try_accept(milliseconds(200));
      },
      [&](long n) {
        const std::string text = std::to_string(n);
        const auto works = [&] {
          return peer && peer->send(text) && reader.until([&] { return has(reader, text); }, milliseconds(500));
        };
        for (int i = 0; i < 20 && !works(); ++i) peer = listener.try_accept(milliseconds(1000));
        ASSERT_TRUE(has(reader, text)) << reader.story();
        ASSERT_TRUE(reader.until_events([&] { return last_state(reader) == EKWS_STATE_CONNECTED; })) << reader.story();
        reader.events.clear();
      });
  reader.close();
}

TEST_P(ThrowOnIoThread, WhatWasOpenedIsClosed) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  every_allocation(
      [&] {
        const auto peer = Peer::connect(port, "/x", milliseconds(2000));
        if (peer->status() == 101 && peer->send("x")) {
          EXPECT_TRUE(reader.until([&] { return announced(reader) != 0 || reader.stats().connections == 0; }));
        }
        peer->drop();
        EXPECT_TRUE(reader.until([&] { return reader.stats().connections == 0; }));
      },
      [&](long) { EXPECT_TRUE(reader.until([&] { return announced(reader) == 0; })) << reader.story(); });
}

TEST_P(ThrowOnIoThread, Start) {
  Listener listener;
  for (const bool client : {false, true}) {
    const auto port = free_port();
    const std::string config = client ? client_config(listener.port(), "/x") : server_config(port, "/x");
    int code = EKWS_OK;
    std::unique_ptr<Reader> reader;
    std::unique_ptr<Peer> peer;
    const auto connected = [&] {
      if (reader->has_state(EKWS_STATE_CONNECTED)) return true;
      auto next = client ? listener.try_accept(milliseconds(10)) : nullptr;
      if (next) peer = std::move(next);
      return false;
    };
    every_allocation(
        [&] {
          reader = std::make_unique<Reader>(config);
          code = ekws_start(reader->handle(), &reader->error);
          // The io thread goes on behind it: until all is up, unless something has failed before.
          EXPECT_TRUE(reader->until_events([&] {
            return code != EKWS_OK || allocation::failed_elsewhere() || connected();
          })) << reader->story();
        },
        [&](long) {
          if (code != EKWS_OK) {
            EXPECT_EQ(code, EKWS_E_MEMORY) << reader->error.text;
            reader->start();
          }
          EXPECT_TRUE(reader->until_events(connected)) << reader->story();
          reader->close();
          Socket again;
          EXPECT_TRUE(client || listen_on(port, again)) << "the port is still held";
        });
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Fail, ThrowOnIoThread, ::testing::Values(1, allocation::kAllThatFollow),
                         [](const auto& given) { return given.param == 1 ? "One" : "AllThatFollow"; });

}  // namespace

// batch: what came together is handed over as one JSON array.
#include <gmock/gmock.h>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::ElementsAre;

/// Both read the same connection; nothing is drained before all of it is queued.
TEST(Batch, JoinsSmallMessagesForWhoeverAsksForIt) {
  const auto port = free_port();
  Reader joined(server_config(port, "/b", R"(,"batch":true)"));
  Reader alone(server_config(port, "/b"));
  for (Reader* reader : {&joined, &alone}) {
    reader->start();
    ASSERT_TRUE(reader->until_state(EKWS_STATE_CONNECTED)) << reader->story();
  }
  const std::string large = R"({"large":")" + std::string(4096, 'x') + "\"}";
  const std::vector<std::string> messages = {R"({"a":1})", R"({"a":2})", large, R"({"a":3})", "no json", R"({"a":4})"};
  const auto peer = Peer::connect(port, "/b");
  ASSERT_EQ(peer->status(), 101);
  for (const std::string& message : messages) ASSERT_TRUE(peer->send(message));
  for (Reader* reader : {&joined, &alone}) {
    ASSERT_TRUE(reader->until_events([&] { return reader->stats().queued_messages == messages.size() + 1; }))
        << "all, and that there is a connection";
    reader->drain(EKWS_CHANNEL_DATA);
  }
  const auto payloads = [](const Reader& reader) {
    std::vector<std::string> all;
    for (const Record& record : reader.messages()) all.push_back(record.payload);
    return all;
  };
  EXPECT_THAT(payloads(joined), ElementsAre(R"([{"a":1},{"a":2}])", large, R"({"a":3})", "no json", R"({"a":4})"));
  EXPECT_EQ(payloads(alone), messages);
}

}  // namespace

// Server role: what comes in, from whom, and who gets it.
#include <gmock/gmock.h>
#include <rapidjson/document.h>

#include "peer.h"
#include "ports.h"
#include "reader.h"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Starts it and waits until its port is open.
void listen(Reader& reader) {
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED)) << reader.story();
}

rapidjson::Document json(const Record& record) {
  rapidjson::Document document;
  document.Parse(record.payload.data(), record.payload.size());
  EXPECT_TRUE(document.IsObject()) << record.payload;
  return document;
}

std::vector<int> kinds(const Reader& reader) {
  std::vector<int> all;
  for (const Record& record : reader.data) all.push_back(record.kind);
  return all;
}

std::vector<std::string> payloads(const std::vector<Record>& records) {
  std::vector<std::string> all;
  for (const Record& record : records) all.push_back(record.payload);
  return all;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(Server, DeliversTextAndBinaryBetweenOpenedAndClosed) {
  const auto port = free_port();
  Reader reader(server_config(port, "/api/data"));
  listen(reader);
  EXPECT_TRUE(reader.has_log("listening on 127.0.0.1:" + std::to_string(port))) << reader.story();
  const auto before = now_ns();
  const auto peer = Peer::connect(port, "/api/data");
  ASSERT_EQ(peer->status(), 101);
  ASSERT_TRUE(peer->send("hello"));
  ASSERT_TRUE(peer->send(std::string("\0\xff", 2), true));
  ASSERT_TRUE(peer->send(""));
  ASSERT_TRUE(reader.until_messages(3));
  ASSERT_TRUE(peer->close(1000));
  ASSERT_TRUE(reader.until([&] { return reader.data.size() == 5; }));
  EXPECT_THAT(kinds(reader), ElementsAre(EKWS_OPENED, EKWS_TEXT, EKWS_BINARY, EKWS_TEXT, EKWS_CLOSED));
  EXPECT_EQ(reader.data[1].payload, "hello");
  EXPECT_EQ(reader.data[2].payload, std::string("\0\xff", 2));
  EXPECT_EQ(reader.data[4].payload, "");
  for (const Record& record : reader.data) {
    EXPECT_NE(record.connection, 0U);
    EXPECT_EQ(record.connection, reader.data[0].connection);
    EXPECT_GE(record.received_ns, before);
    EXPECT_LE(record.received_ns, now_ns());
  }
}

TEST(Server, TellsWhatIsKnownOfAConnection) {
  const auto port = free_port();
  Reader reader(server_config(port, "/devices/{id:[a-z0-9 ]+}/data"));
  listen(reader);
  const auto peer = Peer::connect(port, "/devices/a%201/data?token=x%26y&n=1&n=2");
  ASSERT_EQ(peer->status(), 101);
  const std::string address = peer->local();
  ASSERT_TRUE(peer->send("x"));
  ASSERT_TRUE(reader.until_messages(1));
  const auto metadata = json(reader.data[0]);
  EXPECT_EQ(std::string(metadata["remoteAddress"].GetString()), address);
  EXPECT_STREQ(metadata["path"].GetString(), "/devices/a%201/data");
  EXPECT_STREQ(metadata["pathParams"]["id"].GetString(), "a 1");
  EXPECT_STREQ(metadata["query"]["token"].GetString(), "x&y");
  EXPECT_STREQ(metadata["query"]["n"].GetString(), "1");
  EXPECT_EQ(std::string(metadata["host"].GetString()), "127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(metadata["connectionId"].GetUint64(), reader.data[0].connection);
  EXPECT_FALSE(metadata.HasMember("subprotocol")) << "what is empty is left out";
}

TEST(Server, AnnouncesOnlyConnectionsThatDeliver) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  listen(reader);
  const auto silent = Peer::connect(port, "/x");
  ASSERT_TRUE(silent->close(1000));
  const auto talking = Peer::connect(port, "/x");
  ASSERT_TRUE(talking->send("x"));
  ASSERT_TRUE(reader.until_messages(1));
  EXPECT_THAT(kinds(reader), ElementsAre(EKWS_OPENED, EKWS_TEXT));
  EXPECT_EQ(reader.stats().connections_opened, 2U);
}

TEST(Server, CountsWhatItDelivers) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  listen(reader);
  const auto one = Peer::connect(port, "/x");
  const auto other = Peer::connect(port, "/x");
  ASSERT_TRUE(one->send("four"));
  ASSERT_TRUE(other->send("sixsix"));
  ASSERT_TRUE(reader.until([&] { return reader.stats().messages == 2 && reader.stats().bytes == 10; }));
  EXPECT_EQ(reader.stats().connections, 2U);
  ASSERT_TRUE(reader.until_messages(2));
  EXPECT_EQ(reader.stats().queued_messages, 0U);
  EXPECT_EQ(reader.stats().queued_bytes, 0U);
  EXPECT_EQ(reader.stats().paused, 0U);
  one->drop();
  EXPECT_TRUE(reader.until([&] { return reader.stats().connections == 1; }));
}

// Whoever mistypes a path finds it in the log at once, whatever else has just been refused; the same again costs a line
// a minute.
TEST(Server, EachPathThatNobodyReadsFromIsWarnedOfOnce) {
  const auto port = free_port();
  Reader reader(server_config(port, "/api/data"));
  reader.start();
  ASSERT_TRUE(reader.until_state(EKWS_STATE_CONNECTED));
  const auto warned = [&](const std::string& text) {
    return std::count_if(reader.events.begin(), reader.events.end(), [&](const Record& r) {
      return r.kind == EKWS_LOG && r.arg == EKWS_LOG_WARN && r.payload.find(text) != std::string::npos;
    });
  };
  ::exchange(port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  for (int i = 0; i < 3; ++i) {
    for (const char* path : {"/api/dat", "/a%0apb?token=s3cret"}) EXPECT_EQ(Peer::connect(port, path)->status(), 404);
  }
  const std::string refused = "did not get in: refused with HTTP 404: no stream listens on ";
  ASSERT_TRUE(reader.until_events([&] { return reader.stats().failed_handshakes == 7; }));
  ASSERT_TRUE(reader.until_events([&] { return warned(refused) == 2; })) << reader.story();
  EXPECT_EQ(warned(refused + R"("/api/dat")"), 1) << reader.story();
  EXPECT_EQ(warned(refused + R"("/a\x0apb")"), 1) << reader.story();
  EXPECT_EQ(warned("did not get in"), 3) << reader.story();
  EXPECT_EQ(reader.story().find("s3cret"), std::string::npos);
}

TEST(Server, AnswersUnknownPathsWith404AndPlainHttpWith426) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x"));
  listen(reader);
  EXPECT_EQ(Peer::connect(port, "/y")->status(), 404);
  EXPECT_EQ(Peer::connect(port, "/x/")->status(), 404);
  EXPECT_EQ(Peer::connect(port, "/")->status(), 404);
  EXPECT_THAT(exchange(port, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 426 "));
  EXPECT_THAT(exchange(port,
                       "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
              HasSubstr("Sec-WebSocket-Version: 13"));
  EXPECT_THAT(exchange(port, "nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(Peer::connect(port, "/x")->status(), 101) << "and goes on";
  EXPECT_EQ(reader.stats().connections_opened, 1U);
}

TEST(Server, TwoSubscriptionsOnOnePathBothGetEverything) {
  const auto port = free_port();
  Reader one(server_config(port, "/x"));
  listen(one);
  const auto early = Peer::connect(port, "/x");
  ASSERT_TRUE(early->send("before"));
  ASSERT_TRUE(one.until_messages(1));
  Reader other(server_config(port, "/x"));
  listen(other);
  EXPECT_TRUE(other.has_log("listening on 127.0.0.1:" + std::to_string(port))) << other.story();
  const auto late = Peer::connect(port, "/x");
  ASSERT_TRUE(early->send("early"));
  ASSERT_TRUE(late->send("late"));
  ASSERT_TRUE(one.until_messages(3));
  ASSERT_TRUE(other.until_messages(2));
  EXPECT_THAT(payloads(other.messages()), ::testing::UnorderedElementsAre("early", "late"));
  EXPECT_EQ(other.data[0].kind, EKWS_OPENED) << "though the connection was there before";
  EXPECT_EQ(other.stats().connections, 2U);

  one.close();
  ASSERT_TRUE(early->send("without the first"));
  EXPECT_TRUE(other.until_messages(3)) << "one that leaves takes nobody with it";
}

TEST(Server, RoutesPathsOnOnePort) {
  const auto port = free_port();
  Reader pattern(server_config(port, "/{any}"));
  listen(pattern);
  Reader plain(server_config(port, "/plain"));
  listen(plain);
  ASSERT_TRUE(Peer::connect(port, "/plain")->send("to the plain one"));
  ASSERT_TRUE(Peer::connect(port, "/other")->send("to the pattern"));
  ASSERT_TRUE(plain.until_messages(1));
  ASSERT_TRUE(pattern.until_messages(1));
  EXPECT_THAT(payloads(plain.messages()), ElementsAre("to the plain one"));
  EXPECT_THAT(payloads(pattern.messages()), ElementsAre("to the pattern"));
}

TEST(Server, APathThatNobodyReadsAnyMoreClosesItsPeersOnly) {
  const auto port = free_port();
  Reader one(server_config(port, "/one"));
  listen(one);
  Reader other(server_config(port, "/other"));
  listen(other);
  const auto to_one = Peer::connect(port, "/one");
  const auto to_other = Peer::connect(port, "/other");
  one.close();
  EXPECT_EQ(to_one->read_to_close(), 1001);
  EXPECT_EQ(Peer::connect(port, "/one")->status(), 404);
  ASSERT_TRUE(to_other->send("still there"));
  EXPECT_TRUE(other.until_messages(1));
}

TEST(Server, ClosesOnAMessageThatIsTooBig) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", R"(,"maxMessageBytes":1000)"));
  listen(reader);
  const auto peer = Peer::connect(port, "/x");
  ASSERT_TRUE(peer->send(std::string(1000, 'x')));
  ASSERT_TRUE(peer->send(std::string(1001, 'x')));
  EXPECT_EQ(peer->read_to_close(), 1009);
  EXPECT_THAT(peer->close_reason(), HasSubstr("maxMessageBytes"));
  ASSERT_TRUE(reader.until([&] { return reader.data.size() == 3; }));
  EXPECT_THAT(kinds(reader), ElementsAre(EKWS_OPENED, EKWS_TEXT, EKWS_CLOSED));
}

TEST(Server, TakesAMessageLargerThanTheQueueAndTheReadersBuffer) {
  const auto port = free_port();
  Reader reader(server_config(port, "/x", R"(,"queueBytes":"16KiB")"));
  listen(reader);
  const auto peer = Peer::connect(port, "/x");
  const std::string large(5U << 20U, 'x');
  ASSERT_TRUE(peer->send(large, true));
  ASSERT_TRUE(peer->send("next"));
  ASSERT_TRUE(reader.until_messages(2));
  EXPECT_TRUE(reader.messages()[0].payload == large);
}

}  // namespace

// permessage-deflate (RFC 7692) in a session: negotiation, RSV1, messages.
#include <gmock/gmock.h>

#include "net/deflater.h"
#include "net/inflate.h"
#include "net/session_kit.h"

namespace ekws::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kHeader = "Sec-WebSocket-Extensions";
constexpr int kRsv1 = 4;

SessionCompression wanted(int window_bits = 15) { return {{true, window_bits}, std::make_shared<InflateBuffer>()}; }

/// A session that wants compression, in one role, and a peer that does as well.
class Compressing {
 public:
  explicit Compressing(Role role, std::uint64_t max_message_bytes = 1U << 20U, bool peer_too = true) : role_(role) {
    const std::string line = peer_too ? std::string(kHeader) + ": permessage-deflate\r\n" : std::string();
    if (role == Role::server) {
      session = Session::server(max_message_bytes, handler, wanted());
      feed(*session, request("GET / HTTP/1.1", kUpgradeHeaders + line));
    } else {
      session = Session::client(max_message_bytes, {"h", "/", {}}, handler, wanted());
      feed(*session, response(session->take_output(), line));
    }
    session->take_output();
    EXPECT_EQ(session->phase(), Session::Phase::open) << session->error().text;
  }

  void receive(const std::vector<Frame>& frames, Cut cut = Cut::whole) {
    std::string bytes;
    for (const Frame& frame : frames) bytes += encode(frame, role_ == Role::server);
    feed(*session, bytes, cut);
  }
  std::vector<Frame> output() { return decode(session->take_output(), role_ == Role::client); }
  /// It is over, for this reason, and the peer is told so.
  void expect_closed_with(int close_code, int error_code, const std::string& text) {
    EXPECT_EQ(session->phase(), Session::Phase::over);
    EXPECT_EQ(session->error().code, error_code) << session->error().text;
    EXPECT_THAT(session->error().text, AllOf(HasSubstr(text), HasSubstr(std::to_string(close_code))));
    const auto frames = output();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(close_code, net::close_code(frames[0]));
    EXPECT_TRUE(handler.messages.empty());
  }

  Recorder handler;
  std::unique_ptr<Session> session;

 private:
  const Role role_;
};

Frame compressed(int opcode, const std::string& payload, bool fin = true) { return {opcode, payload, fin, kRsv1}; }

TEST(SessionDeflate, Section_5_ServerAnswersAnOffer) {
  Recorder handler;
  const auto session = Session::server(1000, handler, wanted());
  EXPECT_TRUE(session->may_inflate()) << "perhaps";
  feed(*session, request("GET / HTTP/1.1", std::string(kUpgradeHeaders) + kHeader + ": x, permessage-deflate; y\r\n" +
                                               kHeader + ": permessage-deflate; server_no_context_takeover\r\n"));
  EXPECT_EQ(header_value(session->take_output(), kHeader), "permessage-deflate; server_no_context_takeover");
  EXPECT_TRUE(session->may_inflate());
}

TEST(SessionDeflate, Section_5_ServerGoesOnWithoutIt) {
  for (const char* offer :
       {"", "Sec-WebSocket-Extensions: permessage-deflate; y\r\n", "Sec-WebSocket-Extensions: x\r\n"}) {
    Recorder handler;
    const auto session = Session::server(1000, handler, wanted());
    feed(*session, request("GET / HTTP/1.1", std::string(kUpgradeHeaders) + offer));
    EXPECT_EQ(session->phase(), Session::Phase::open);
    EXPECT_EQ(header_value(session->take_output(), kHeader), "") << offer;
    EXPECT_FALSE(session->may_inflate());
  }
}

// RFC 6455 section 9.1: whoever gets a malformed header fails the connection; whether it would have used it or not.
TEST(SessionDeflate, Rfc6455_Section_9_1_MalformedHeader) {
  for (const auto& compression : {wanted(), SessionCompression{}}) {
    Recorder handler;
    const auto server = Session::server(1000, handler, compression);
    feed(*server, request("GET / HTTP/1.1", std::string(kUpgradeHeaders) + kHeader + ": permessage-deflate;\r\n"));
    EXPECT_THAT(server->take_output(), AllOf(HasSubstr("HTTP/1.1 400 "), HasSubstr(kHeader)));
    EXPECT_TRUE(handler.requests.empty());
    const auto client = Session::client(1000, {"h", "/", {}}, handler, compression);
    feed(*client, response(client->take_output(), std::string(kHeader) + ": a b\r\n"));
    EXPECT_EQ(client->error().code, EKWS_E_HANDSHAKE_INVALID);
    EXPECT_THAT(client->error().text, HasSubstr(kHeader));
    EXPECT_EQ(handler.opened, 0);
  }
}

TEST(SessionDeflate, Section_5_ClientOffersAndFailsWhatItDidNotOffer) {
  Recorder handler;
  const auto plain = Session::client(1000, {"h", "/", {}}, handler);
  EXPECT_EQ(header_value(plain->take_output(), kHeader), "");
  for (const auto& [answer, text] :
       {std::pair("permessage-deflate; server_max_window_bits=15", "server_max_window_bits=10"),
        std::pair("permessage-deflate; x", "parameter x"), std::pair("permessage-bzip2", "permessage-bzip2")}) {
    const auto session = Session::client(1000, {"h", "/", {}}, handler, wanted(10));
    const std::string sent = session->take_output();
    EXPECT_THAT(header_value(sent, kHeader), HasSubstr("permessage-deflate; server_max_window_bits=10"));
    feed(*session, response(sent, std::string(kHeader) + ": " + answer + "\r\n"));
    EXPECT_EQ(session->phase(), Session::Phase::over);
    EXPECT_EQ(session->error().code, EKWS_E_HANDSHAKE_INVALID);
    EXPECT_THAT(session->error().text, HasSubstr(text));
  }
  EXPECT_EQ(handler.opened, 0);
}

// Who pours compressed messages behind its request would get them all inflated before anybody asks whether there is
// room.
TEST(SessionDeflate, ClientThatDoesNotWaitForTheAnswerIsDeclined) {
  Recorder handler;
  const auto session = Session::server(1000, handler, wanted());
  feed(*session, request("GET / HTTP/1.1", std::string(kUpgradeHeaders) + kHeader + ": permessage-deflate\r\n") +
                     encode({kText, "early"}, true));
  EXPECT_EQ(header_value(session->take_output(), kHeader), "");
  EXPECT_EQ(handler.messages, (std::vector<Message>{{true, "early"}}));
}

TEST(SessionDeflate, Section_6_2_InflatesMessagesAndTakesOthersAsTheyAre) {
  in_every_way([](Role role, Cut cut) {
    Compressing c(role);
    Deflater peer;
    c.receive({compressed(kText, peer.message("Hello, \xe6\xb8\xa9\xe5\xba\xa6")),
               {kText, "as it is"},
               compressed(kBinary, peer.message("\xff\xfe Hello, Hello")),
               {kBinary, "\xff"},
               compressed(kText, peer.message("")),
               compressed(kText, peer.message("Hello, \xe6\xb8\xa9\xe5\xba\xa6"))},
              cut);
    EXPECT_EQ(c.handler.messages, (std::vector<Message>{{true, "Hello, \xe6\xb8\xa9\xe5\xba\xa6"},
                                                        {true, "as it is"},
                                                        {false, "\xff\xfe Hello, Hello"},
                                                        {false, "\xff"},
                                                        {true, ""},
                                                        {true, "Hello, \xe6\xb8\xa9\xe5\xba\xa6"}}));
    EXPECT_EQ(c.session->phase(), Session::Phase::open) << c.session->error().text;
  });
}

TEST(SessionDeflate, Section_6_1_FragmentsWithControlFramesBetween) {
  in_every_way([](Role role, Cut cut) {
    Compressing c(role);
    Deflater peer;
    for (int round = 0; round < 2; ++round) {
      const std::string payload = peer.message("temperature, temperature");
      // The bit is on the first frame alone; the frames are cut anywhere, not between blocks.
      std::vector<Frame> frames = {compressed(kText, payload.substr(0, 1), false), {kPing, "a"}};
      for (std::size_t at = 1; at < payload.size(); ++at) {
        frames.push_back({kContinuation, payload.substr(at, 1), false});
        frames.push_back({kPong, ""});
      }
      frames.push_back({kPing, "b"});
      frames.push_back({kContinuation, ""});
      c.receive(frames, cut);
      EXPECT_EQ(c.output().back(), (Frame{kPong, "b"}));
    }
    EXPECT_EQ(c.handler.messages,
              (std::vector<Message>{{true, "temperature, temperature"}, {true, "temperature, temperature"}}));
  });
}

TEST(SessionDeflate, Section_6_Rsv1WhereItMustNotBe) {
  const std::string hello = deflated("Hello");
  const std::vector<std::vector<Frame>> cases = {
      {{kPing, "", true, kRsv1}},
      {{kPong, "", true, kRsv1}},
      {{kClose, "", true, kRsv1}},
      {compressed(kText, hello.substr(0, 2), false), compressed(kContinuation, hello.substr(2))},
      {{kText, "a", false}, compressed(kContinuation, hello)},
      {compressed(kText, "", false), compressed(kContinuation, hello)},
      {compressed(kText, hello, false), {kPing, ""}, compressed(kContinuation, "", false)},
      {{kText, "a", false}, {kPing, "", true, kRsv1}},
      {compressed(kContinuation, hello)},
      {{kText, hello, true, kRsv1 | 1}},
      {{kText, hello, true, 2}},
  };
  in_every_way([&](Role role, Cut cut) {
    for (const auto& frames : cases) {
      Compressing c(role);
      c.receive(frames, cut);
      EXPECT_EQ(c.session->error().code, EKWS_E_PROTOCOL) << c.session->error().text;
      EXPECT_EQ(close_code(c.output().back()), 1002);
      EXPECT_TRUE(c.handler.messages.empty());
    }
  });
}

TEST(SessionDeflate, Section_6_Rsv1WithoutTheExtension) {
  in_both_roles([](Role role) {
    Compressing c(role, 1000, false);
    c.receive({compressed(kText, deflated("Hello"))});
    c.expect_closed_with(1002, EKWS_E_PROTOCOL, "closed with");
  });
}

TEST(SessionDeflate, InvalidDataIsAnsweredWith1007) {
  in_every_way([](Role role, Cut cut) {
    for (const std::string& payload : {std::string("\xff\xff\xff"), deflated("some text").substr(0, 4)}) {
      Compressing c(role);
      c.receive({compressed(kBinary, payload)}, cut);
      c.expect_closed_with(1007, EKWS_E_PROTOCOL, "compressed message that is not DEFLATE");
    }
  });
}

TEST(SessionDeflate, Section_8_1_TextThatIsNotUtf8IsAnsweredWith1007) {
  in_every_way([](Role role, Cut cut) {
    for (const char* text : {"\xff", "cut \xe6\xb8"}) {
      Compressing c(role);
      const std::string payload = deflated(text);
      c.receive({compressed(kText, payload.substr(0, 2), false), {kContinuation, payload.substr(2)}}, cut);
      c.expect_closed_with(1007, EKWS_E_UTF8, "UTF-8");
    }
  });
}

TEST(SessionDeflate, TakesMessagesOfExactlyTheLimit) {
  in_every_way([](Role role, Cut cut) {
    constexpr std::size_t kMax = 1000;
    Compressing c(role, kMax);
    std::string noise;  // compressed it is larger than the limit
    std::mt19937 random(1);
    while (noise.size() < kMax) noise += static_cast<char>(random());
    const std::string payload = Deflater().message(noise);
    ASSERT_GT(payload.size(), kMax);
    const std::string x(kMax, 'x');
    c.receive({compressed(kBinary, payload),
               compressed(kBinary, payload.substr(0, 990), false),
               {kContinuation, payload.substr(990)},
               compressed(kText, deflated(x)),
               {kText, x}},
              cut);
    EXPECT_EQ(c.handler.messages, (std::vector<Message>{{false, noise}, {false, noise}, {true, x}, {true, x}}))
        << c.session->error().text;
  });
}

TEST(SessionDeflate, OneByteMoreIsAnsweredWith1009) {
  in_every_way([](Role role, Cut cut) {
    constexpr std::size_t kMax = 1000;
    const std::string more(kMax + 1, 'x');
    const std::string small = deflated(more);
    for (const auto& frames : std::vector<std::vector<Frame>>{
             {compressed(kText, small)},
             {compressed(kBinary, small.substr(0, 3), false), {kContinuation, small.substr(3)}},
             {{kText, more}},
             {{kBinary, more.substr(0, 600), false}, {kContinuation, more.substr(600)}},
             {compressed(kBinary, std::string(Inflater::max_compressed(kMax) + 1, '\0'), false)},
             {compressed(kBinary, std::string(Inflater::max_compressed(kMax), '\0'), false), {kContinuation, "x"}},
         }) {
      Compressing c(role, kMax);
      c.receive(frames, cut);
      c.expect_closed_with(1009, EKWS_E_MESSAGE_TOO_BIG, "1000 bytes (maxMessageBytes)");
    }
  });
}

/// All of a message that is never finished.
Frame unfinished(int opcode, const std::string& payload) { return compressed(opcode, payload, false); }

TEST(SessionDeflate, TheEndOfABombIsNotWaitedFor) {
  const std::string bomb = deflated(std::string(64U << 20U, '\0'));
  in_both_roles([&](Role role) {
    Compressing c(role, 1U << 20U);
    c.receive({unfinished(kBinary, bomb.substr(0, 15'000))});
    EXPECT_EQ(c.session->phase(), Session::Phase::open) << "little was sent, nothing was inflated";
    c.receive({{kContinuation, bomb.substr(15'000, 5'000), false}});
    c.expect_closed_with(1009, EKWS_E_MESSAGE_TOO_BIG, "1048576 bytes (maxMessageBytes)");
  });
}

TEST(SessionDeflate, Section_8_1_TheEndOfWhatIsNoTextIsNotWaitedFor) {
  std::string text = "\xff";
  std::mt19937 random(1);
  while (text.size() < 100'000) text += static_cast<char>('a' + random() % 26);
  in_both_roles([&](Role role) {
    Compressing c(role);
    c.receive({unfinished(kText, deflated(text).substr(0, 20'000))});
    c.expect_closed_with(1007, EKWS_E_UTF8, "UTF-8");
  });
}

TEST(SessionDeflate, LargeMessagesOnTheirWayAreLookedAtAndThenDelivered) {
  std::string text;
  std::mt19937 random(1);
  while (text.size() < 900'000) text += static_cast<char>('a' + random() % 26);
  in_both_roles([&](Role role) {
    Compressing c(role);
    Deflater peer;
    for (int round = 0; round < 2; ++round) {
      const std::string payload = peer.message(text);
      ASSERT_GT(payload.size(), 500'000U);
      std::vector<Frame> frames = {unfinished(kText, "")};
      for (std::size_t at = 0; at < payload.size(); at += 10'000) {
        frames.push_back({kContinuation, payload.substr(at, 10'000), false});
      }
      frames.push_back({kContinuation, ""});
      c.receive(frames);
    }
    EXPECT_EQ(c.handler.messages, (std::vector<Message>{{true, text}, {true, text}})) << c.session->error().text;
  });
}

TEST(SessionDeflate, WhatComesAfterOurCloseIsNotInflated) {
  in_both_roles([](Role role) {
    Compressing c(role);
    c.session->close(1001, "going");
    c.receive({compressed(kText, "\xff\xff"), {kClose, close_payload(1001)}});
    EXPECT_EQ(c.session->phase(), Session::Phase::over);
    EXPECT_EQ(c.session->error().code, EKWS_E_STOPPED);
    EXPECT_TRUE(c.handler.messages.empty());
  });
}

}  // namespace
}  // namespace ekws::net

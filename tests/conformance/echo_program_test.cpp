// ekws-echo itself: what it is asked to do, large messages, and a peer that does not read.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "conformance/child.h"
#include "net/handshake.h"
#include "net/sockets.h"

namespace ekws::net {
namespace {

std::uint16_t served_by(Child& server) {
  const std::string address = server.line();
  EXPECT_EQ(address.substr(0, 10), "127.0.0.1:");
  return static_cast<std::uint16_t>(std::stoi(address.substr(10)));
}

TEST(EchoProgram, RefusesWhatItDoesNotUnderstand) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{}, "either --listen or --connect"},
      {{"--listen", "127.0.0.1:0", "--connect", "ws://h/"}, "either --listen or --connect"},
      {{"--listen"}, "--listen: a value is missing"},
      {{"--listen", "nowhere:0"}, "--listen: \"nowhere:0\""},
      {{"--listen", "127.0.0.1:70000"}, "--listen: \"70000\""},
      {{"--connect", "127.0.0.1:1"}, "has no scheme"},
      {{"--connect", "http://127.0.0.1:1"}, "http"},
      {{"--listen", "127.0.0.1:0", "--max-message-bytes", "0"}, "--max-message-bytes: \"0\""},
      {{"--listen", "127.0.0.1:0", "--max-message-bytes", "1k"}, "--max-message-bytes: \"1k\""},
      {{"--listen", "127.0.0.1:0", "--ca", "x"}, "--ca: needs --tls"},
      {{"--connect", "ws://h/", "--ca", "x"}, "need a URL with wss://"},
      {{"--listen", "127.0.0.1:0", "--tls", "x"}, "--tls: a value is missing"},
      {{"--listen", "127.0.0.1:0", "--tls", "/nowhere/x", "/nowhere/y"}, "/nowhere/x"},
      {{"--listen", "127.0.0.1:0", "--loud"}, "\"--loud\" is no option"}};
  for (const auto& [arguments, text] : cases) {
    Child child(arguments);
    EXPECT_EQ(child.wait(), 2);
    const std::string errors = child.errors();
    EXPECT_NE(errors.find(text), std::string::npos) << errors;
    EXPECT_NE(errors.find("usage: "), std::string::npos);
  }
}

TEST(EchoProgram, SaysWhyItCannotConnect) {
  const Fd closed = bound();
  Child child({"--connect", "ws://127.0.0.1:" + std::to_string(port_of(closed.get())) + "/"});
  EXPECT_EQ(child.wait(), 1);
  EXPECT_NE(child.errors().find("refused"), std::string::npos);
}

TEST(EchoProgram, SaysWhyItCannotListen) {
  const Fd taken = listening();
  Child child({"--listen", "127.0.0.1:" + std::to_string(port_of(taken.get()))});
  EXPECT_EQ(child.wait(), 1);
  EXPECT_NE(child.errors().find("in use"), std::string::npos);
}

TEST(EchoProgram, AsksForThePathOfTheUrl) {
  const Fd listener = listening();
  const std::string host = "127.0.0.1:" + std::to_string(port_of(listener.get()));
  Child child({"--connect", "ws://" + host + "/run?case=1&agent=ekws"});
  Wire wire(Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  const std::string asked = receive_request(wire);
  EXPECT_EQ(asked.substr(0, asked.find("\r\n")), "GET /run?case=1&agent=ekws HTTP/1.1");
  EXPECT_EQ(header_value(asked, "Host"), host);
}

/// The peer of an echo that takes a thousand bytes; `masked`: as a client.
void expect_limit_of_1000(Wire& wire, bool masked) {
  const Frame most{kBinary, std::string(1000, 'x')};
  ASSERT_TRUE(wire.send(encode(most, masked) + encode({kBinary, std::string(1001, 'x')}, masked)));
  ASSERT_TRUE(wire.read_to_end());
  const auto frames = decode(wire.received(), !masked);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0], most);
  EXPECT_EQ(close_code(frames[1]), 1009);
}

TEST(EchoProgram, ServerTakesMessagesUpToItsLimit) {
  Child server({"--listen", "127.0.0.1:0", "--max-message-bytes", "1000"});
  Wire wire = Wire::to(served_by(server));
  ASSERT_TRUE(shake_hands_as_client(wire));
  expect_limit_of_1000(wire, true);
}

TEST(EchoProgram, ClientTakesMessagesUpToItsLimit) {
  const Fd listener = listening();
  Child child(
      {"--max-message-bytes", "1000", "--connect", "ws://127.0.0.1:" + std::to_string(port_of(listener.get())) + "/"});
  Wire wire(Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  ASSERT_TRUE(wire.send(response(receive_request(wire))));
  expect_limit_of_1000(wire, false);
}

TEST(EchoProgram, EchoesSixteenMebibytes) {
  Child server({"--listen", "127.0.0.1:0"});
  const std::uint16_t port = served_by(server);
  for (const std::size_t part : {std::size_t{16} << 20U, std::size_t{1} << 20U, std::size_t{64} << 10U}) {
    SCOPED_TRACE(part);
    Wire wire = Wire::to(port);
    ASSERT_TRUE(shake_hands_as_client(wire));
    std::string whole(std::size_t{16} << 20U, 'x');
    std::string bytes;
    for (std::size_t at = 0; at < whole.size(); at += part) {
      bytes += encode({at == 0 ? kText : kContinuation, whole.substr(at, part), at + part == whole.size()}, true);
    }
    ASSERT_TRUE(wire.send(bytes + encode({kClose, close_payload(1000)}, true)));
    ASSERT_TRUE(wire.read_to_end());
    const auto frames = decode(wire.received(), false);
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_TRUE(frames[0] == (Frame{kText, whole}));
  }
}

// A peer that sends and does not read is held up by TCP; what it has sent is not lost, and costs no memory here.
TEST(EchoProgram, StopsReadingFromAPeerThatDoesNotRead) {
  Child server({"--listen", "127.0.0.1:0"});
  Wire wire = Wire::to(served_by(server));
  ASSERT_TRUE(shake_hands_as_client(wire));
  constexpr std::size_t kMessages = 64;
  std::string bytes;
  for (std::size_t i = 0; i < kMessages; ++i) {
    bytes += encode({kBinary, std::string(std::size_t{1} << 20U, static_cast<char>(i))}, true);
  }
  bytes += encode({kClose, close_payload(1000)}, true);
  const std::size_t taken = wire.send_without_reading(bytes);
  EXPECT_LT(taken, bytes.size());
  const std::size_t peak = server.peak_memory();
  EXPECT_GT(peak, 0U);
  if (!kSanitized) {
    EXPECT_LT(peak, std::size_t{24} << 20U);
  }

  ASSERT_TRUE(wire.send(bytes.substr(taken)));
  ASSERT_TRUE(wire.read_to_end());
  const auto frames = decode(wire.received(), false);
  ASSERT_EQ(frames.size(), kMessages + 1);
  for (std::size_t i = 0; i < kMessages; ++i) {
    EXPECT_EQ(frames[i].payload.size(), std::size_t{1} << 20U);
    EXPECT_EQ(frames[i].payload.back(), static_cast<char>(i));
  }
}

}  // namespace
}  // namespace ekws::net

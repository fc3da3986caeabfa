#include "net/acceptor.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <new>
#include <vector>

#include "net/loop.h"
#include "net/sockets.h"
#include "support/descriptors.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

class AcceptorTest : public ::testing::Test {
 protected:
  std::shared_ptr<Acceptor> make() {
    return std::make_shared<Acceptor>(
        loop_.io(),
        [this](Fd fd, const Address& peer) {
          accepted_.push_back(std::move(fd));
          peers_.push_back(to_string(peer));
        },
        [this](const Error& error) { troubles_.push_back(error); });
  }

  Loop loop_;
  std::vector<Fd> accepted_;
  std::vector<std::string> peers_;
  std::vector<Error> troubles_;
};

TEST_F(AcceptorTest, AcceptsOnThePortThatTheSystemChose) {
  const auto acceptor = make();
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  ASSERT_NE(acceptor->port(), 0);
  std::vector<Fd> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(connecting(acceptor->port()));
  ASSERT_TRUE(loop_.until([&] { return accepted_.size() == 200; }));
  for (const Fd& fd : accepted_) {
    EXPECT_TRUE(has_flag(fd.get(), F_GETFD, FD_CLOEXEC));
    EXPECT_TRUE(has_flag(fd.get(), F_GETFL, O_NONBLOCK));
  }
  EXPECT_THAT(peers_[0], HasSubstr("127.0.0.1:"));
  acceptor->close();
}

TEST_F(AcceptorTest, ListensOnIpv6) {
  const auto acceptor = make();
  if (const Error error = acceptor->listen("::1", 0)) GTEST_SKIP() << error.text;
  EXPECT_NE(acceptor->port(), 0);
  acceptor->close();
}

TEST_F(AcceptorTest, AFreshSocketIsCloseOnExec) {
  const auto acceptor = make();
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  // The acceptor does not show its descriptor: it is the one that has the port.
  int found = -1;
  for (int fd = 3; fd < 1024 && found < 0; ++fd) {
    sockaddr_in name{};
    socklen_t size = sizeof name;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0 && ntohs(name.sin_port) == acceptor->port()) {
      found = fd;
    }
  }
  ASSERT_GE(found, 0);
  EXPECT_TRUE(has_flag(found, F_GETFD, FD_CLOEXEC));
  acceptor->close();
}

TEST_F(AcceptorTest, SaysThatThePortIsTaken) {
  const Fd other = listening();
  const std::uint16_t port = port_of(other.get());
  const Error error = make()->listen("127.0.0.1", port);
  EXPECT_EQ(error.code, EKWS_E_ADDRESS_IN_USE);
  EXPECT_THAT(error.text, HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST_F(AcceptorTest, SaysThatTheAddressIsNotHere) {
  const Error foreign = make()->listen("192.0.2.1", 0);  // RFC 5737: nobody's
  EXPECT_EQ(foreign.code, EKWS_E_ADDRESS_NOT_AVAILABLE);
  EXPECT_THAT(foreign.text, HasSubstr("192.0.2.1"));
  EXPECT_EQ(make()->listen("not-an-ip", 0).code, EKWS_E_ADDRESS_NOT_AVAILABLE);
}

TEST_F(AcceptorTest, ClosingFreesThePortAtOnceEvenWithOpenConnections) {
  const auto acceptor = make();
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  const std::uint16_t port = acceptor->port();
  const Fd client = connecting(port);
  ASSERT_TRUE(loop_.until([&] { return accepted_.size() == 1; }));
  acceptor->close();
  acceptor->close();
  const auto next = make();
  EXPECT_FALSE(next->listen("127.0.0.1", port));
  next->close();
}

TEST_F(AcceptorTest, CallsNobodyAfterClose) {
  const auto acceptor = make();
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  const Fd client = connecting(acceptor->port());
  acceptor->close();
  loop_.run_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(accepted_.empty());
  EXPECT_TRUE(troubles_.empty());
}

TEST_F(AcceptorTest, MayBeClosedFromInsideItsCallback) {
  std::shared_ptr<Acceptor> acceptor;
  int calls = 0;
  acceptor = std::make_shared<Acceptor>(
      loop_.io(),
      [&](Fd, const Address&) {
        ++calls;
        acceptor->close();
      },
      [](const Error&) {});
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  const Fd one = connecting(acceptor->port());
  const Fd other = connecting(acceptor->port());
  ASSERT_TRUE(loop_.until([&] { return calls != 0; }));
  loop_.run_for(std::chrono::milliseconds(20));
  EXPECT_EQ(calls, 1);
}

TEST_F(AcceptorTest, EndsWithItsContextWithoutClose) { ASSERT_FALSE(make()->listen("127.0.0.1", 0)); }

TEST_F(AcceptorTest, RestsWhileThereAreNoDescriptors) {
  const auto acceptor = make();
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  const Fd client = connecting(acceptor->port());
  {
    const test::NoMoreDescriptors none;
    ASSERT_TRUE(loop_.until([&] { return !troubles_.empty(); }));
    const auto handlers = [&] {  // how often it comes back while the cause lasts
      int count = 0;
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
      while (std::chrono::steady_clock::now() < end) {
        count += static_cast<int>(loop_.io().run_one_for(std::chrono::milliseconds(10)));
      }
      return count;
    }();
    EXPECT_LE(handlers, 10) << "it spins";
    for (const Error& trouble : troubles_) EXPECT_EQ(trouble.code, EKWS_E_DESCRIPTORS);
  }
  ASSERT_TRUE(loop_.until([&] { return accepted_.size() == 1; })) << "the connection has waited";
  EXPECT_TRUE(loop_.until([&] { return !troubles_.back(); })) << "it works again";
  acceptor->close();
}

TEST_F(AcceptorTest, IsInTroubleUntilItHasTakenAllThatWait) {
  const auto acceptor = make();
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  const Fd one = connecting(acceptor->port());
  const Fd other = connecting(acceptor->port());
  Fd spare(::dup(one.get()));
  {
    const test::NoMoreDescriptors none;
    ASSERT_TRUE(loop_.until([&] { return !troubles_.empty(); }));
    spare.reset();
    ASSERT_TRUE(loop_.until([&] { return accepted_.size() == 1; }));
    for (const Error& trouble : troubles_) EXPECT_TRUE(trouble);
  }
  ASSERT_TRUE(loop_.until([&] { return accepted_.size() == 2; }));
  EXPECT_TRUE(loop_.until([&] { return !troubles_.back(); }));
  acceptor->close();
}

// Telling takes memory, of which there may be as little as of descriptors.
TEST_F(AcceptorTest, AcceptsAgainThoughItCouldNotTell) {
  int told = 0;
  const auto acceptor = std::make_shared<Acceptor>(
      loop_.io(), [this](Fd fd, const Address&) { accepted_.push_back(std::move(fd)); },
      [&](const Error&) {
        ++told;
        throw std::bad_alloc();
      });
  ASSERT_FALSE(acceptor->listen("127.0.0.1", 0));
  const Fd client = connecting(acceptor->port());
  {
    const test::NoMoreDescriptors none;
    ASSERT_TRUE(loop_.until([&] { return told != 0; }));
  }
  EXPECT_TRUE(loop_.until([&] { return accepted_.size() == 1; }));
  acceptor->close();
}

}  // namespace
}  // namespace ekws::net

#include "net/dialer.h"

#include <gmock/gmock.h>

#include <optional>
#include <vector>

#include "net/loop.h"
#include "net/sockets.h"

namespace ekws::net {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

struct Dialled {
  Fd fd;
  std::string remote;
  Error error;
};

class DialerTest : public ::testing::Test {
 protected:
  std::shared_ptr<Dialer> dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds each = 10s) {
    auto dialer = std::make_shared<Dialer>(loop_.io(), host, port, each,
                                           [this](Fd fd, const Address& remote, const Error& error) {
                                             ++calls_;
                                             result_.emplace(Dialled{std::move(fd), to_string(remote), error});
                                           });
    dialer->start();
    EXPECT_EQ(calls_, 0) << "not before start() has returned";
    return dialer;
  }
  static Loop& everlasting() {
    static Loop& loop = *new Loop;
    return loop;
  }
  bool done() {
    return loop_.until([this] { return result_.has_value(); });
  }

  // As in production it outlives every look-up, which cannot be cancelled.
  Loop& loop_ = everlasting();
  int calls_ = 0;
  std::optional<Dialled> result_;
};

/// A listener whose backlog is full: the kernel leaves further handshakes unanswered.
class Deaf {
 public:
  Deaf() : listener_(listening(0)), port_(port_of(listener_.get())) {
    for (int i = 0; i < 4; ++i) fillers_.push_back(connecting(port_));
  }
  std::uint16_t port() const { return port_; }

 private:
  Fd listener_;
  std::uint16_t port_;
  std::vector<Fd> fillers_;
};

TEST_F(DialerTest, ConnectsToALiteral) {
  const Fd listener = listening();
  const std::uint16_t port = port_of(listener.get());
  dial("127.0.0.1", port);
  ASSERT_TRUE(done());
  ASSERT_FALSE(result_->error) << result_->error.text;
  EXPECT_EQ(result_->remote, "127.0.0.1:" + std::to_string(port));
  EXPECT_TRUE(has_flag(result_->fd.get(), F_GETFD, FD_CLOEXEC));
  EXPECT_TRUE(has_flag(result_->fd.get(), F_GETFL, O_NONBLOCK));
  const Fd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_EQ(::send(result_->fd.get(), "x", 1, 0), 1);
  char byte = 0;
  EXPECT_EQ(::recv(accepted.get(), &byte, 1, 0), 1);
}

TEST_F(DialerTest, TriesEveryAddressOfAName) {
  // localhost may be ::1 first; the listener is on 127.0.0.1 only.
  const Fd listener = listening();
  const auto dialer = dial("localhost", port_of(listener.get()));
  ASSERT_TRUE(done());
  EXPECT_FALSE(result_->error) << result_->error.text;
}

TEST_F(DialerTest, SaysThatItWasRefused) {
  const Fd holder = bound();
  const std::uint16_t port = port_of(holder.get());
  dial("127.0.0.1", port);
  ASSERT_TRUE(done());
  EXPECT_FALSE(result_->fd);
  EXPECT_EQ(result_->error.code, EKWS_E_CONNECT);
  EXPECT_THAT(result_->error.text,
              AllOf(HasSubstr("127.0.0.1:" + std::to_string(port)), HasSubstr("Connection refused")));
}

TEST_F(DialerTest, GivesUpAfterTheTimeout) {
  const Deaf deaf;
  dial("127.0.0.1", deaf.port(), 50ms);
  ASSERT_TRUE(done());
  EXPECT_FALSE(result_->fd);
  EXPECT_EQ(result_->error.code, EKWS_E_CONNECT_TIMEOUT);
  EXPECT_THAT(result_->error.text, HasSubstr("50 ms (connectTimeout)"));
}

TEST_F(DialerTest, SaysThatANameDoesNotResolve) {
  // Without a name server the look-up may also just take too long: the class is what decides.
  const auto dialer = dial("no-such-host.invalid", 80, 2s);
  ASSERT_TRUE(done());
  EXPECT_FALSE(result_->fd);
  EXPECT_EQ(result_->error.error_class(), EKWS_CLASS_TRANSPORT);
  EXPECT_EQ(result_->error.code, EKWS_E_RESOLVE) << result_->error.text;
  EXPECT_THAT(result_->error.text, HasSubstr("no-such-host.invalid"));
}

TEST_F(DialerTest, CallsNobodyAfterCancel) {
  const Deaf deaf;
  const Fd listener = listening();
  for (const auto& [host, port] : {std::pair<std::string, std::uint16_t>{"127.0.0.1", deaf.port()},
                                   {"127.0.0.1", port_of(listener.get())},
                                   {"no-such-host.invalid", std::uint16_t{80}}}) {
    const auto at_once = dial(host, port, 30ms);
    at_once->cancel();
    const auto later = dial(host, port, 30ms);
    loop_.run_for(2ms);
    const bool called_before = result_.has_value();
    result_.reset();
    later->cancel();
    later->cancel();
    loop_.run_for(60ms);
    EXPECT_FALSE(result_) << host << ":" << port << (called_before ? " twice" : "");
    calls_ = 0;
  }
}

TEST_F(DialerTest, IsNotHeldByALookUpAndMayGoWhileItDials) {
  std::weak_ptr<Dialer> watched;
  {
    const auto dialer = dial("no-such-host.invalid", 80, 10s);
    watched = dialer;
    dialer->cancel();
  }
  EXPECT_TRUE(loop_.until([&] { return watched.expired(); }, 10s));
}

TEST_F(DialerTest, CallsOnce) {
  const Fd listener = listening();
  dial("127.0.0.1", port_of(listener.get()), 20ms);
  ASSERT_TRUE(done());
  loop_.run_for(50ms);
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace ekws::net

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "base/fd.h"
#include "net/sockets.h"
#include "net/stream.h"

namespace ekws::net {
namespace {

class PlainStreamTest : public ::testing::Test {
 protected:
  PlainStreamTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    ours_ = Fd(ends[0]);
    peer_ = Fd(ends[1]);
    stream_ = make_plain_stream(ours_.get());
  }

  Fd ours_, peer_;
  std::unique_ptr<Stream> stream_;
  char buffer_[16] = {};
};

TEST_F(PlainStreamTest, NeedsNoHandshakeAndHidesNoBytes) { EXPECT_EQ(stream_->handshake().io, Io::done); }

TEST_F(PlainStreamTest, MovesBytesBothWays) {
  ASSERT_EQ(::send(peer_.get(), "hello", 5, 0), 5);
  const IoResult read = stream_->read(buffer_, sizeof buffer_);
  EXPECT_EQ(read.io, Io::done);
  EXPECT_EQ(std::string(buffer_, read.size), "hello");
  const IoResult written = stream_->write("you", 3);
  EXPECT_EQ(written.io, Io::done);
  EXPECT_EQ(written.size, 3U);
  EXPECT_EQ(::recv(peer_.get(), buffer_, sizeof buffer_, 0), 3);
}

TEST_F(PlainStreamTest, SaysWhatToWaitFor) {
  EXPECT_EQ(stream_->read(buffer_, sizeof buffer_).io, Io::want_read);
  const std::string much(1U << 20U, 'x');
  IoResult result;
  for (int i = 0; i < 100 && result.io == Io::done; ++i) result = stream_->write(much.data(), much.size());
  EXPECT_EQ(result.io, Io::want_write);
}

TEST_F(PlainStreamTest, SeesTheEnd) {
  ASSERT_EQ(::send(peer_.get(), "x", 1, 0), 1);
  peer_.reset();
  EXPECT_EQ(stream_->read(buffer_, sizeof buffer_).io, Io::done);
  EXPECT_EQ(stream_->read(buffer_, sizeof buffer_).io, Io::end);
}

TEST_F(PlainStreamTest, WritingToNobodyFailsWithoutASignal) {
  peer_.reset();
  EXPECT_EQ(stream_->write("x", 1).io, Io::failed);
  EXPECT_EQ(stream_->error().code, EKWS_E_RESET);
  EXPECT_NE(stream_->error().text.find("Broken pipe"), std::string::npos) << stream_->error().text;
}

TEST_F(PlainStreamTest, ShutdownDeliversWhatWasWritten) {
  stream_->write("last", 4);
  stream_->shutdown_write();
  EXPECT_EQ(::recv(peer_.get(), buffer_, sizeof buffer_, 0), 4);
  EXPECT_EQ(::recv(peer_.get(), buffer_, sizeof buffer_, 0), 0);
}

TEST(PlainStream, SeesAReset) {
  const Fd listener = listening();
  Fd peer = connecting(port_of(listener.get()));
  const Fd ours(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const auto stream = make_plain_stream(ours.get());
  const linger at_once{1, 0};
  ::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  peer.reset();
  char byte = 0;
  EXPECT_EQ(stream->read(&byte, 1).io, Io::failed);
  EXPECT_EQ(stream->error().code, EKWS_E_RESET);
}

}  // namespace
}  // namespace ekws::net

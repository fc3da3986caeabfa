// Bytes through an open TLS stream, and every way in which it ends.
#include <gmock/gmock.h>
#include <malloc.h>

#include <vector>

#include "net/sockets.h"
#include "net/tls_kit.h"

namespace ekws::net {
namespace {

using ::testing::HasSubstr;

constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

void in_every_way(const std::function<void(TlsPair&)>& test) {
  in_both_tls_roles([&](bool server) {
    for (const int version : kVersions) {
      SCOPED_TRACE(version == TLS1_2_VERSION ? "TLS 1.2" : "TLS 1.3");
      TlsPair pair(options_of(server));
      pair.peer.weaken(version);
      pair.open();
      test(pair);
    }
  });
}

std::string pattern(std::size_t size) {
  std::string bytes(size, 'x');
  for (std::size_t i = 0; i < size; i += 101) bytes[i] = static_cast<char>('a' + i % 26);
  return bytes;
}

TEST(TlsStream, MovesBytesBothWaysWhateverTheirNumber) {
  in_every_way([](TlsPair& pair) {
    for (const std::size_t size : {1UL, 100UL, 16'384UL, 16'385UL, 100'000UL}) {
      const std::string bytes = pattern(size);
      std::string there;
      for (std::size_t at = 0; there.size() < size;) {
        if (at < size) {
          const IoResult wrote = pair.stream->write(bytes.data() + at, size - at);
          ASSERT_TRUE(wrote.io == Io::done || wrote.io == Io::want_write);
          at += wrote.size;
        }
        there += pair.peer.read();
        ASSERT_EQ(pair.peer.error(), "");
      }
      EXPECT_TRUE(there == bytes);
      std::string here;
      bool written = false;
      while (here.size() < size) {
        if (!written) written = pair.peer.write(bytes);
        here += pair.read();
        ASSERT_EQ(pair.last.io, Io::want_read);
      }
      EXPECT_TRUE(here == bytes);
    }
  });
}

TEST(TlsStream, FillsTheBufferOverSeveralRecords) {
  in_every_way([](TlsPair& pair) {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(pair.peer.write("0123456789"));
    std::vector<char> buffer(64);
    IoResult result = pair.stream->read(buffer.data(), buffer.size());
    EXPECT_EQ(result.io, Io::done);
    EXPECT_EQ(result.size, 64U);
    EXPECT_TRUE(result.more) << "the rest of a record is with OpenSSL, not in the socket";
    result = pair.stream->read(buffer.data(), buffer.size());
    EXPECT_EQ(result.size, 36U);
    EXPECT_FALSE(result.more);
    EXPECT_EQ(pair.stream->read(buffer.data(), buffer.size()).io, Io::want_read);
  });
}

// What came behind the bytes has been taken from the socket, whose readiness will not tell of it.
TEST(TlsStream, AnEndBehindBytesIsMoreToRead) {
  in_every_way([](TlsPair& pair) {
    ASSERT_TRUE(pair.peer.write("last words"));
    pair.peer.say_close_notify();
    std::vector<char> buffer(64);
    const IoResult result = pair.stream->read(buffer.data(), buffer.size());
    EXPECT_EQ(result.io, Io::done);
    EXPECT_EQ(std::string(buffer.data(), result.size), "last words");
    EXPECT_TRUE(result.more);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(pair.stream->read(buffer.data(), buffer.size()).io, Io::end);
  });
}

TEST(TlsStream, AFaultBehindBytesIsMoreToRead) {
  in_every_way([](TlsPair& pair) {
    ASSERT_TRUE(pair.peer.write("last words"));
    const std::string forged = std::string("\x17\x03\x03\x00\x30", 5) + std::string(48, 'x');
    ASSERT_EQ(::send(pair.theirs.get(), forged.data(), forged.size(), 0), static_cast<ssize_t>(forged.size()));
    std::vector<char> buffer(64);
    const IoResult result = pair.stream->read(buffer.data(), buffer.size());
    EXPECT_EQ(std::string(buffer.data(), result.size), "last words");
    EXPECT_TRUE(result.more);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(pair.stream->read(buffer.data(), buffer.size()).io, Io::failed);
    EXPECT_EQ(pair.stream->error().code, EKWS_E_TLS);
    EXPECT_THAT(pair.error(), HasSubstr("TLS failed: decryption failed or bad record mac"));
    pair.peer.read();
    EXPECT_THAT(pair.peer.error(), HasSubstr("bad record mac")) << "the peer is told";
  });
}

TEST(TlsStream, GarbageInTheMiddle) {
  in_every_way([](TlsPair& pair) {
    ASSERT_EQ(::send(pair.theirs.get(), "GET / HTTP/1.1\r\n", 16, 0), 16);
    EXPECT_EQ(pair.read(), "");
    EXPECT_EQ(pair.last.io, Io::failed);
    EXPECT_EQ(pair.stream->error().code, EKWS_E_TLS);
    EXPECT_THAT(pair.error(), HasSubstr("TLS failed: "));
  });
}

TEST(TlsStream, AFatalAlert) {
  in_every_way([](TlsPair& pair) {
    // The peer's own failure: we write it something that it cannot decrypt.
    const std::string forged = std::string("\x17\x03\x03\x00\x30", 5) + std::string(48, 'x');
    ASSERT_EQ(::send(pair.ours.get(), forged.data(), forged.size(), 0), static_cast<ssize_t>(forged.size()));
    pair.peer.read();
    EXPECT_EQ(pair.read(), "");
    EXPECT_EQ(pair.last.io, Io::failed);
    EXPECT_EQ(pair.error(), "TLS failed: the peer refused with the alert \"bad record mac\"");
  });
}

// RFC 8446 section 6.1 wants a close_notify; many peers just close TCP.
TEST(TlsStream, AnEndWithoutCloseNotifyIsAnEnd) {
  in_every_way([](TlsPair& pair) {
    ASSERT_TRUE(pair.peer.write("x"));
    ASSERT_EQ(::shutdown(pair.theirs.get(), SHUT_WR), 0);
    EXPECT_EQ(pair.read(), "x");
    EXPECT_EQ(pair.last.io, Io::end);
  });
}

TEST(TlsStream, AnEndInsideARecordIsAnEnd) {
  in_every_way([](TlsPair& pair) {
    ASSERT_EQ(::send(pair.theirs.get(), "\x17\x03\x03\x00\x30half", 9, 0), 9);
    ASSERT_EQ(::shutdown(pair.theirs.get(), SHUT_WR), 0);
    EXPECT_EQ(pair.read(), "");
    EXPECT_EQ(pair.last.io, Io::end);
  });
}

TEST(TlsStream, ShutdownSaysCloseNotifyBehindWhatWasWritten) {
  in_every_way([](TlsPair& pair) {
    EXPECT_EQ(pair.stream->write("last", 4).io, Io::done);
    pair.stream->shutdown_write();
    EXPECT_EQ(pair.peer.read(), "last");
    EXPECT_TRUE(pair.peer.ended()) << pair.peer.error();
    char byte = 0;
    EXPECT_EQ(::recv(pair.theirs.get(), &byte, 1, 0), 0) << "and FIN";
    ASSERT_TRUE(pair.peer.write("still heard"));
    EXPECT_EQ(pair.read(), "still heard");
  });
}

TEST(TlsStream, SaysWhatToWaitForAndWritesOn) {
  in_every_way([](TlsPair& pair) {
    EXPECT_EQ(pair.read(), "");
    EXPECT_EQ(pair.last.io, Io::want_read);
    const std::string bytes = pattern(4U << 20U);
    std::size_t at = 0;
    IoResult result;
    while (result.io == Io::done && at < bytes.size()) {
      result = pair.stream->write(bytes.data() + at, bytes.size() - at);
      at += result.size;
    }
    ASSERT_EQ(result.io, Io::want_write);
    ASSERT_LT(at, bytes.size());
    std::string there;
    while (there.size() < bytes.size()) {
      there += pair.peer.read();
      ASSERT_EQ(pair.peer.error(), "");
      // Repeated from where the rest has moved to, and more than before.
      const std::string rest = bytes.substr(at);
      result = pair.stream->write(rest.data(), rest.size());
      at += result.size;
    }
    EXPECT_TRUE(there == bytes);
  });
}

/// Over TCP, since only that has resets.
class TcpPair {
 public:
  explicit TcpPair(bool server) : context(options_of(server)), peer(!server) {
    const Fd listener = listening();
    theirs = connecting(port_of(listener.get()));
    ours = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    peer.start(theirs.get());
    stream = context.make_stream(ours.get(), "localhost");
    EXPECT_EQ(drive(*stream, peer), Io::done) << stream->error().text;
  }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(theirs.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    theirs.reset();
  }
  IoResult read_at_last() {
    char buffer[64];
    IoResult result = stream->read(buffer, sizeof buffer);
    for (int i = 0; i < 1'000 && result.io == Io::want_read; ++i) {
      pollfd socket{ours.get(), POLLIN, 0};
      ::poll(&socket, 1, 10);
      result = stream->read(buffer, sizeof buffer);
    }
    return result;
  }

  Fd ours, theirs;
  TlsContext context;
  TlsPeer peer;
  std::unique_ptr<Stream> stream;
};

TEST(TlsStream, SeesAReset) {
  in_both_tls_roles([](bool server) {
    TcpPair pair(server);
    pair.reset();
    EXPECT_EQ(pair.read_at_last().io, Io::failed);
    EXPECT_EQ(pair.stream->error().code, EKWS_E_RESET);
    EXPECT_EQ(pair.stream->error().text, "the connection broke: Connection reset by peer");
  });
}

TEST(TlsStream, WritingToNobodyFailsWithAReasonEvenBehindACloseNotify) {
  in_both_tls_roles([](bool server) {
    for (const bool orderly : {false, true}) {
      TcpPair pair(server);
      if (orderly) {
        pair.peer.say_close_notify();
        EXPECT_EQ(pair.read_at_last().io, Io::end);
      }
      pair.reset();
      IoResult result;
      while (result.io == Io::done) result = pair.stream->write("x", 1);
      EXPECT_EQ(result.io, Io::failed);
      EXPECT_EQ(pair.stream->error().code, EKWS_E_RESET);
      EXPECT_THAT(pair.stream->error().text, HasSubstr("the connection broke: "));
    }
  });
}

// Messages that carry no data (RFC 8446 section 4.6.3) must not keep the thread from its other connections.
TEST(TlsStream, KeyUpdatesWithoutEndLeaveTheOthersTheirTurn) {
  in_both_tls_roles([](bool server) {
    TlsPair pair(options_of(server));
    pair.open();
    constexpr int kUpdates = 200;
    // How often the stream has to be asked until it has gone through so many.
    const auto calls = [&] {
      for (int i = 0; i < kUpdates; ++i) {
        EXPECT_EQ(SSL_key_update(pair.peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        EXPECT_EQ(SSL_do_handshake(pair.peer.ssl()), 1);
      }
      EXPECT_TRUE(pair.peer.write("x"));
      char byte = 0;
      int asked = 1;
      while (pair.stream->read(&byte, 1).io == Io::want_read && asked < 10 * kUpdates) ++asked;
      EXPECT_EQ(byte, 'x');
      return asked;
    };
    calls();  // the first ones are read ahead
    EXPECT_GT(calls(), kUpdates / 2);
  });
}

TEST(TlsStream, KeyUpdatesOfThePeerAreAnswered) {
  in_both_tls_roles([](bool server) {
    TlsPair pair(options_of(server));
    pair.open();
    ASSERT_EQ(SSL_key_update(pair.peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_TRUE(pair.peer.write("new key"));
    std::string got;
    for (int i = 0; i < 5; ++i) got += pair.read();
    EXPECT_EQ(got, "new key");
    EXPECT_EQ(pair.stream->write("too", 3).io, Io::done);
    EXPECT_EQ(pair.peer.read(), "too");
  });
}

// SSL_MODE_RELEASE_BUFFERS; with its buffers (16 KiB and more each way) a stream has some 45 KiB.
TEST(TlsStream, AnIdleOneIsSmall) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "mallinfo2 knows nothing of a sanitizer's heap";
#endif
  in_both_tls_roles([](bool server) {
    constexpr std::size_t kStreams = 100;
    TlsContext context(options_of(server));
    std::vector<std::unique_ptr<Stream>> streams;
    std::vector<std::pair<Fd, Fd>> sockets;
    std::size_t ours = 0;
    for (std::size_t i = 0; i < kStreams; ++i) {
      sockets.push_back(socket_pair());
      const std::size_t before = mallinfo2().uordblks;
      streams.push_back(context.make_stream(sockets.back().first.get(), "localhost"));
      {
        TlsPeer peer(!server);  // ends before we count
        peer.start(sockets.back().second.get());
        ASSERT_EQ(drive(*streams.back(), peer), Io::done) << streams.back()->error().text;
        ASSERT_TRUE(peer.write(std::string(10'000, 'x')));
        std::vector<char> buffer(16'384);
        while (streams.back()->read(buffer.data(), buffer.size()).io == Io::want_read) {  // session tickets first
        }
        ASSERT_EQ(streams.back()->write(buffer.data(), buffer.size()).io, Io::done);
      }
      ours += mallinfo2().uordblks - before;
    }
    EXPECT_LT(ours / kStreams, 24U * 1024U);
    RecordProperty("bytes", static_cast<int>(ours / kStreams));
  });
}

}  // namespace
}  // namespace ekws::net

#include "echo/echo.h"

#include <unistd.h>

#include <cstdio>
#include <future>
#include <map>
#include <memory>

#include "echo/peer.h"
#include "net/acceptor.h"
#include "net/dialer.h"
#include "net/tls_context.h"
#include "support/loop_thread.h"

namespace ekws::echo {

namespace {

constexpr std::chrono::seconds kTimeout(10);

net::ConnectionLimits limits(const Options& options) {
  net::ConnectionLimits limits;
  limits.max_message_bytes = options.max_message_bytes;
  limits.handshake_timeout = kTimeout;
  limits.close_timeout = kTimeout;
  limits.compression = options.compression;
  return limits;
}

/// Makes the streams of all connections, over TLS where that is asked for.
class Streams {
 public:
  explicit Streams(const Options& options)
      : tls_(options.tls ? std::make_unique<net::TlsContext>(*options.tls) : nullptr) {}
  std::unique_ptr<net::Stream> make(int fd, const std::string& host) {
    return tls_ ? tls_->make_stream(fd, host) : net::make_plain_stream(fd);
  }

 private:
  std::unique_ptr<net::TlsContext> tls_;
};

class Server {
 public:
  Server(net::IoLoop& io, const Options& options) : io_(io), options_(options), streams_(options) {}

  Error listen() {
    acceptor_ = std::make_shared<net::Acceptor>(
        io_.context(), [this](Fd fd, const net::Address& remote) { accept(std::move(fd), remote); },
        [](const Error&) {});
    return acceptor_->listen(options_.listen->ip, options_.listen->port);
  }
  std::string address() const { return net::join_host_port(options_.listen->ip, acceptor_->port()); }

 private:
  struct Held {
    std::unique_ptr<Peer> peer;
    std::shared_ptr<net::Connection> connection;
  };

  void accept(Fd fd, const net::Address& remote) {
    const std::uint64_t id = ++last_id_;
    auto peer = std::make_unique<Peer>([this, id](bool, const Error&) { held_.erase(id); });
    auto stream = streams_.make(fd.get(), {});
    auto connection = std::make_shared<net::Connection>(io_.context(), std::move(fd), std::move(stream), id,
                                                        net::to_string(remote), limits(options_), *peer, io_.buffer());
    held_[id] = {std::move(peer), connection};
    connection->start_server();
  }

  net::IoLoop& io_;
  const Options options_;
  Streams streams_;
  std::shared_ptr<net::Acceptor> acceptor_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Held> held_;
};

}  // namespace

Error serve(const Options& options) {
  LoopThread io;
  Server server(io.loop(), options);
  Error error;
  io->run([&] { error = server.listen(); });
  if (error) return error;
  std::printf("%s\n", server.address().c_str());
  std::fflush(stdout);
  for (;;) ::pause();
}

Error connect(const Options& options) {
  const Connect& to = *options.connect;
  Streams streams(options);
  LoopThread io;
  std::promise<void> gone;
  Error end;
  Peer peer([&end](bool was_open, const Error& why) {
    if (!was_open) end = why;
  });
  const auto connected = [&](Fd fd, const net::Address& remote, const Error& error) {
    if (error) {
      end = error;
      return gone.set_value();
    }
    auto stream = streams.make(fd.get(), to.host);
    // The closing handshake goes on when the peer was told already: the end is when nothing holds the connection.
    const std::shared_ptr<net::Connection> connection(
        new net::Connection(io->context(), std::move(fd), std::move(stream), 1, net::to_string(remote), limits(options),
                            peer, io->buffer()),
        [&gone](net::Connection* done) {
          delete done;
          gone.set_value();
        });
    connection->start_client({net::join_host_port(to.host, to.port), to.target, {}});
  };
  auto dialer = std::make_shared<net::Dialer>(io->context(), to.host, to.port, kTimeout, connected);
  io->run([&] { dialer->start(); });
  gone.get_future().get();
  io->run([&] { dialer.reset(); });  // where its timer is; and behind what has told us
  return end;
}

}  // namespace ekws::echo

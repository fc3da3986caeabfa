#include "core/probe.h"

#include <future>
#include <memory>
#include <utility>

#include "config/header.h"
#include "core/client_endpoint.h"
#include "core/server_endpoint.h"
#include "net/acceptor.h"
#include "net/close_code.h"
#include "net/connection.h"
#include "net/dialer.h"
#include "net/tls_context.h"

namespace ekws::core {

namespace {

/// One try to connect; io thread but for the future. Ends with the first answer, whatever it is.
class Attempt : public net::ConnectionOwner, public std::enable_shared_from_this<Attempt> {
 public:
  /// Throws Failure when the certificates cannot be used.
  Attempt(net::IoLoop& io, const config::Config& config) : io_(io), config_(config) {
    if (config.dial.tls) tls_ = std::make_unique<net::TlsContext>(*config.dial.tls);
  }

  std::future<Error> result() { return result_.get_future(); }

  void start() {
    const auto& dial = config_.dial;
    dialer_ = std::make_shared<net::Dialer>(io_.context(), dial.host, dial.port, dial.connect_timeout, done());
    dialer_->start();
  }

  /// The caller has stopped waiting.
  void abandon() {
    finish({EKWS_E_CONNECT_TIMEOUT, "no answer"});  // first: what ends below is not tried elsewhere
    if (dialer_) dialer_->cancel();
    if (const auto connection = connection_) connection->close(net::kNormalClosure, {});
  }

  net::Response on_request(net::Connection&, const net::Request&) override { return {}; }
  void on_open(net::Connection&) override { finish({}); }
  void on_message(net::Connection&, bool, std::string_view, Bytes*) override {}
  bool may_read(net::Connection&) override { return true; }
  void on_batch_end() override {
    if (finished_ && connection_) connection_->close(net::kNormalClosure, {});
  }
  void on_turn_end() override {}
  void on_unfinished(net::Connection&, std::size_t) override {}
  void on_left(net::Connection&) override {}
  void on_closed(net::Connection&, const Error& why) override {
    const auto self = std::exchange(self_, nullptr);
    connection_ = nullptr;
    if (why.code == EKWS_E_HANDSHAKE_STATUS && config_.probe_any_status) {
      return finish({EKWS_OK, "reached; the path was not checked (" + why.text + ")"});
    }
    if (finished_) return;
    if (!first_) first_ = why;
    // At the next address of that name: a rule would get there, too.
    if (!dialer_->go_on(done())) finish(first_);
  }

 private:
  net::Dialer::Done done() {
    return [self = shared_from_this()](Fd fd, const net::Address& remote, const Error& error) {
      if (error) return self->finish(self->first_ ? self->first_ : error);
      self->dialled(std::move(fd), remote);
    };
  }

  void dialled(Fd fd, const net::Address& remote) {
    try {
      const auto& dial = config_.dial;
      auto headers = config::with_header_file(dial.headers, dial.header_file);
      auto stream = tls_ ? tls_->make_stream(fd.get(), dial.host) : net::make_plain_stream(fd.get());
      connection_ =
          std::make_shared<net::Connection>(io_.context(), std::move(fd), std::move(stream), 0, net::to_string(remote),
                                            connection_limits(config_.limits), *this, io_.buffer());
      self_ = shared_from_this();
      const auto connection = connection_;  // on_closed may come at once
      connection->start_client({host_header(dial), dial.target, std::move(headers)});
    } catch (const Failure& failure) {
      finish(failure.error());
    } catch (const std::exception& e) {
      finish({EKWS_E_INTERNAL, e.what()});
    }
  }

  void finish(Error error) {
    if (std::exchange(finished_, true)) return;
    if (error) error.text = with_address(config_.dial, error.text);
    result_.set_value(std::move(error));
  }

  net::IoLoop& io_;
  const config::Config config_;
  std::unique_ptr<net::TlsContext> tls_;  ///< null: plain
  std::promise<Error> result_;
  std::shared_ptr<net::Dialer> dialer_;
  std::shared_ptr<net::Connection> connection_;
  std::shared_ptr<Attempt> self_;  ///< the connection refers to us until it is closed
  Error first_;                    ///< why the first address that accepted would not do
  bool finished_ = false;
};

}  // namespace

Error probe_client(net::IoLoop& io, const config::Config& config, std::chrono::milliseconds timeout) {
  const auto attempt = std::make_shared<Attempt>(io, config);
  auto result = attempt->result();
  io.post([attempt] { attempt->start(); });
  const bool answered = result.wait_for(timeout) == std::future_status::ready;
  io.post([attempt] { attempt->abandon(); });
  if (answered) return result.get();
  return {EKWS_E_CONNECT_TIMEOUT, "no answer from " + net::join_host_port(config.dial.host, config.dial.port) +
                                      " within " + std::to_string(timeout.count()) + " ms"};
}

Error probe_server(const config::Config& config, const Listeners& ours) {
  return with_advice(net::Acceptor::check(config.listen.ip, config.listen.port), config.listen, ours);
}

}  // namespace ekws::core

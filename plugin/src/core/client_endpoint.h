// The client role: one connection, dialled again and again.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "core/endpoint.h"
#include "core/retry.h"
#include "core/seldom.h"
#include "net/dialer.h"

namespace ekws::core {

/// RFC 6455 section 4.1 item 4: the port only where it is not the scheme's own.
std::string host_header(const config::Dial& dial);

/// The text with the address in front, unless it names it itself.
std::string with_address(const config::Dial& dial, const std::string& text);

class ClientEndpoint : public Endpoint {
 public:
  ClientEndpoint(std::shared_ptr<net::IoLoop> io, const config::Config& config, std::shared_ptr<net::TlsContext> tls);
  ~ClientEndpoint() override;

  /// Endpoints with the same key are the same connection: everything that the peer could tell apart is in it.
  static std::string key(const config::Config& config);

  /// Never: whatever differs makes another endpoint.
  Error conflict(const config::Config&) const override { return {}; }

  net::Response on_request(Peer&, const net::Request&) override { return {}; }
  void on_open(Peer& peer) override;
  void on_closed(Peer& peer, const Error& why, bool was_open) override;
  void on_left(Peer& peer, const std::string& text) override;
  void on_unfinished(const Peer&, std::size_t) override {}  // maxMessageBytes bounds the one there is

 private:
  void open() override;
  void close() override;
  void joined(const SubscriptionPtr& subscription) override;
  void left(const SubscriptionPtr&) override {}
  void reopen() override;
  std::string connected_line() const override { return "connected to " + net::to_string(remote_); }
  std::string next_try() const override { return retry_.next_try(); }

  void dial();
  void dialled(Fd fd, const net::Address& remote);
  /// `retry_after`: the peer's header.
  void lost(const Error& why, const std::string& retry_after = {});

  const config::Dial dial_;
  const config::Limits limits_;
  std::shared_ptr<net::Dialer> dialer_;  ///< null unless dialling
  Retry retry_;
  std::chrono::steady_clock::time_point opened_at_;
  net::Address remote_;     ///< that was dialled last
  net::Address behind_;     ///< the next dial begins behind it: somebody is there, but it failed the handshake
  std::string last_cause_;  ///< of the last `disconnected`; empty since `connected`
  Seldom told_;             ///< causes, since `connected`
  bool wanted_ = false;     ///< somebody subscribes
};

}  // namespace ekws::core

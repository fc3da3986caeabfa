// The server role: one listener, paths routed on it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/endpoint.h"
#include "core/retry.h"
#include "core/route.h"
#include "net/acceptor.h"

namespace ekws::core {

/// What listening failed with; where the port is taken, with who has it and what to do about it.
Error with_advice(Error error, const config::Listen& listen);

class ServerEndpoint : public Endpoint {
 public:
  /// What belongs to the listener is taken from the first configuration.
  ServerEndpoint(std::shared_ptr<net::IoThread> io, const config::Config& config);
  ~ServerEndpoint() override;

  /// Endpoints with the same key are the same listener.
  static std::string key(const config::Config& config);

  Error conflict(const config::Config& config) const override;

  net::Response on_request(Peer& peer, const net::Request& request) override;
  void on_open(Peer&) override {}
  void on_closed(Peer& peer, const Error& why, bool was_open) override;

 private:
  /// Those who read from one path.
  struct Branch {
    explicit Branch(const std::string& pattern) : route(pattern) {}
    Route route;
    std::vector<SubscriptionPtr> subscriptions;
  };

  void open() override;
  void close() override;
  void joined(const SubscriptionPtr& subscription) override;
  void left(const SubscriptionPtr& subscription) override;

  void listen();
  void accept(Fd fd, const net::Address& remote);

  const config::Listen listen_;
  const config::Limits limits_;
  std::shared_ptr<net::Acceptor> acceptor_;  ///< null while not listening
  Retry retry_;
  Error last_error_;
  std::string last_refusal_;  ///< why TLS kept a client out
  std::chrono::steady_clock::time_point refusal_told_;
  bool full_ = false;  ///< maxConnections was reached and logged
  std::vector<std::unique_ptr<Branch>> branches_;
};

}  // namespace ekws::core

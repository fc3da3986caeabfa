// The server role: one listener, paths routed on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/endpoint.h"
#include "core/listeners.h"
#include "core/retry.h"
#include "core/route.h"
#include "core/seldom.h"
#include "net/acceptor.h"

namespace ekws::core {

/// What listening failed with; where the port is taken, with who has it and what to do about it.
Error with_advice(Error error, const config::Listen& listen, const Listeners& ours);

class ServerEndpoint : public Endpoint {
 public:
  /// What belongs to the listener is taken from the first configuration.
  ServerEndpoint(std::shared_ptr<net::IoLoop> io, const config::Config& config, std::shared_ptr<net::TlsContext> tls,
                 Listeners& listeners);
  ~ServerEndpoint() override;

  /// Endpoints with the same key are the same listener.
  static std::string key(const config::Config& config);

  Error conflict(const config::Config& config) const override;

  net::Response on_request(Peer& peer, const net::Request& request) override;
  void on_open(Peer&) override {}
  void on_closed(Peer& peer, const Error& why, bool was_open) override;
  void on_left(Peer& peer, const std::string& text) override;
  void on_unfinished(const Peer& peer, std::size_t before) override;

 private:
  /// Those who read from one path.
  struct Branch {
    explicit Branch(const std::string& pattern) : route(pattern) {}
    void log(int level, const std::string& line) const;
    void warn_seldom(const std::string& line, const std::string& cause);
    /// What one more is answered; status 101 where there is room for it.
    net::Response admit(std::uint64_t max_connections) const;

    Route route;
    bool passed_over = false;  ///< another took a path that fits this one, too, and it was logged
    std::vector<SubscriptionPtr> subscriptions;
    Seldom warnings;                              ///< of peers that broke the protocol or went beyond a limit
    std::unordered_set<const Peer*> left_unread;  ///< peers that have left, with data that is still to be read
  };

  void open() override;
  void close() override;
  void joined(const SubscriptionPtr& subscription) override;
  void left(const SubscriptionPtr& subscription) override;
  void reopen() override;
  std::string connected_line() const override;
  std::string next_try() const override { return retry_.next_try(); }

  void listen();
  Error make_acceptor();
  void accept(Fd fd, const net::Address& remote);
  void on_trouble(const Error& trouble);
  /// What a connection beyond a limit is answered; status 101 within.
  net::Response admit(const std::string& client);
  void forget(Peer& peer);
  /// Null for one that nobody reads from.
  Branch* branch_of(const Peer& peer) const;
  void warn_passed_over(const Branch& taken, const std::string& path);
  /// False where it was told less than a minute ago: then at debug level.
  bool warn_seldom(const std::string& line, const std::string& cause, Seldom& warnings);

  const config::Listen listen_;
  const config::Limits limits_;
  const std::string address_;
  Listeners& listeners_;
  std::shared_ptr<net::Acceptor> acceptor_;  ///< null while not listening
  Retry retry_;
  Error last_error_;  ///< of listening, until that works
  /// Connections beyond a limit, and what their requests will be answered; a bounded number, each for handshakeTimeout.
  std::unordered_map<const Peer*, net::Response> surplus_;
  std::unordered_map<std::string, std::size_t> by_client_;  ///< all others, where that is limited
  Seldom troubles_;                                         ///< of accepting; no stranger can make others of them
  bool in_trouble_ = false;                                 ///< and it was warned of
  Seldom warnings_;                                         ///< of peers that did not get in
  std::size_t unfinished_ = 0;                              ///< bytes of unfinished messages, all peers together
  std::vector<std::unique_ptr<Branch>> branches_;
};

}  // namespace ekws::core

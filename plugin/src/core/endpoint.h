// Where connections come about and who reads from them. One per identity (address and everything that goes with it).
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/peer.h"
#include "core/subscription.h"
#include "net/address.h"
#include "net/io_loop.h"
#include "net/tls_context.h"

namespace ekws::core {

net::ConnectionLimits connection_limits(const config::Limits& limits);

/// Lives on one io thread and ends there (made by make_endpoint). Opens with the first subscription, closes with the
/// last.
class Endpoint : public std::enable_shared_from_this<Endpoint>, private net::Recoverable {
 public:
  /// `tls`: null for plain ones.
  Endpoint(std::shared_ptr<net::IoLoop> io, std::shared_ptr<net::TlsContext> tls);
  ~Endpoint() override;
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // any thread but its own; both wait for the io thread
  /// Where it throws (out of memory) it has not joined.
  void attach(const SubscriptionPtr& subscription);
  /// With the last one the listening socket is closed on return. Where it throws nothing was done.
  void detach(const SubscriptionPtr& subscription);
  /// Some queue has room again.
  void room() noexcept;

  /// Why `config` cannot join the ones that are here; empty if it can. Any thread: looks at what never changes.
  virtual Error conflict(const config::Config& config) const = 0;
  /// Whether connections can come about right now. Any thread.
  bool is_up() const { return state_ == EKWS_STATE_CONNECTED; }

  // io thread: from its peers
  virtual net::Response on_request(Peer& peer, const net::Request& request) = 0;
  virtual void on_open(Peer& peer) = 0;
  /// Lets go of the peer, whatever it throws.
  virtual void on_closed(Peer& peer, const Error& why, bool was_open) = 0;
  /// It has left while it is not read from; `text` says so. on_closed comes when all is read.
  virtual void on_left(Peer& peer, const std::string& text) = 0;
  /// How much it keeps of a message that is not complete has changed; `before` is what it was.
  virtual void on_unfinished(const Peer& peer, std::size_t before) = 0;
  /// A connection that ended before anybody could read from it, or did not come about; for all subscriptions.
  void count_failure(int code);
  void rest(std::shared_ptr<Peer> peer) { resting_.push_back(std::move(peer)); }
  /// There was no memory for what was to be done: see recover().
  void recover_soon() noexcept { io_->recover_soon(); }
  /// Keeps a peer that is closed until its readers could be told so; needs no memory.
  void keep_leaving(std::shared_ptr<Peer> peer) noexcept;

 protected:
  /// In an order, so that a loop can go on behind one that has been taken out.
  using Peers = std::map<const Peer*, std::shared_ptr<Peer>>;

  // What the two roles do differently; io thread.
  virtual void open() = 0;   ///< the first subscription is there
  virtual void close() = 0;  ///< the last one has gone
  virtual void joined(const SubscriptionPtr& subscription) = 0;
  virtual void left(const SubscriptionPtr& subscription) = 0;
  /// Somebody subscribes: sees to it that a connection is there or comes about. Part of recover().
  virtual void reopen() = 0;
  /// What the log of a reader is told with `connected`.
  virtual std::string connected_line() const = 0;
  /// How the text of a `disconnected` ends: when the next try is due. Empty while none waits.
  virtual std::string next_try() const = 0;

  net::IoContext& io() { return io_->context(); }
  const Peers& peers() const { return peers_; }
  const std::vector<SubscriptionPtr>& subscriptions() const { return subscriptions_; }

  /// Makes a peer of a connected socket; the caller starts its connection. `host`: what a client has dialled. Throws
  /// when there is no memory or descriptor.
  std::shared_ptr<Peer> add_peer(Fd fd, const net::Address& remote, const config::Limits& limits,
                                 const std::string& host = {});
  void remove_peer(const Peer& peer);
  /// Sends all of them, or those that `chosen`, a close frame 1001 (RFC 6455 section 7.4.1).
  void close_peers(bool (*chosen)(const Peer&));

  // Out of memory they do not throw: a state is told again by recover(), a line is lost.
  /// Tells every subscription, and every one that joins later; `disconnected` with the next try.
  void tell(int state, const std::string& reason) noexcept;
  void log(int level, const std::string& line) noexcept;

 private:
  void recover() override;
  void let_go(const SubscriptionPtr& subscription);
  void catch_up(Subscription& subscription);
  void tell_one(Subscription& subscription, int state, const std::string& text);
  void resume_resting();
  std::unique_ptr<net::Stream> make_stream(int fd, const std::string& host);

  const std::shared_ptr<net::IoLoop> io_;
  const std::shared_ptr<net::TlsContext> tls_;  ///< null: plain
  std::vector<SubscriptionPtr> subscriptions_;
  Peers peers_;
  /// For messages in pieces: those of one stream have much the same size.
  const std::shared_ptr<BytesPool> pool_ = std::make_shared<BytesPool>();
  std::list<std::weak_ptr<Peer>> resting_;  ///< who waits for room, longest first
  std::shared_ptr<Peer> leaving_;           ///< the first of those of keep_leaving()
  std::atomic<int> state_{EKWS_STATE_CONNECTING};
  std::string lost_reason_;  ///< of the last `disconnected`, until `connected`
  bool untold_ = false;      ///< not everybody knows the state
  bool added_ = false;       ///< to what the io thread recovers
};

/// An endpoint whose destructor runs on its io thread, where its timers and sockets are.
template <typename Role, typename... More>
std::shared_ptr<Endpoint> make_endpoint(const std::shared_ptr<net::IoLoop>& io, const config::Config& config,
                                        std::shared_ptr<net::TlsContext> tls, More&... more) {
  return {new Role(io, config, std::move(tls), more...), [io](Endpoint* endpoint) {
            // Only its thread can destroy it: where there is no memory to tell it so, that is waited for.
            while (!io->try_post([endpoint] { delete endpoint; })) std::this_thread::sleep_for(net::kNoMemoryRest);
          }};
}

}  // namespace ekws::core

#include "core/endpoint.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "net/close_code.h"

namespace ekws::core {

namespace {

/// Enough to make a system call rare at full speed.
constexpr std::size_t kReadBuffer = 64 * 1024;

std::uint64_t next_connection_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

net::ConnectionLimits connection_limits(const config::Limits& limits) {
  return {limits.max_message_bytes, limits.handshake_timeout, limits.close_timeout,
          limits.ping_interval,     limits.pong_timeout,      limits.compression,
          limits.max_fragments,     limits.fragment_timeout,  limits.idle_timeout};
}

Endpoint::Endpoint(std::shared_ptr<net::IoThread> io, std::shared_ptr<net::TlsContext> tls)
    : io_(std::move(io)), tls_(std::move(tls)) {}

void Endpoint::attach(SubscriptionPtr subscription) {
  io_->post([self = shared_from_this(), subscription = std::move(subscription)] {
    if (self->buffer_ == nullptr) self->buffer_ = std::make_shared<net::ReadBuffer>(kReadBuffer);
    self->subscriptions_.push_back(subscription);
    if (self->subscriptions_.size() == 1) {
      self->joined(subscription);
      return self->open();
    }
    // Only `disconnected` keeps its reason with the reader, and it is told once: a late one must hear it, too.
    if (!self->lost_reason_.empty()) {
      subscription->events().state(EKWS_STATE_DISCONNECTED, self->lost_reason_ + self->next_try());
    }
    if (self->state_ != EKWS_STATE_DISCONNECTED) subscription->events().state(self->state_, {});
    self->joined(subscription);
  });
}

void Endpoint::detach(const SubscriptionPtr& subscription) {
  io_->run([&] {
    auto& all = subscriptions_;
    all.erase(std::remove(all.begin(), all.end(), subscription), all.end());
    const Peers before = peers_;
    for (const auto& [key, peer] : before) peer->remove_feed(*subscription);
    left(subscription);
    if (all.empty()) {
      close();
      close_peers([](const Peer&) { return true; });
    } else {
      room();  // it may have been the one that held the others up
    }
  });
}

void Endpoint::room() {
  io_->post([self = shared_from_this()] {
    // In turn: who gets to read and fills the queue again goes to the end.
    std::deque<std::weak_ptr<Peer>> waiting = std::exchange(self->resting_, {});
    std::deque<std::weak_ptr<Peer>> still;
    for (const auto& weak : waiting) {
      const auto peer = weak.lock();
      if (!peer) continue;
      if (peer->has_room()) {
        peer->connection().resume();
      } else {
        still.push_back(weak);
      }
    }
    self->resting_.insert(self->resting_.begin(), still.begin(), still.end());
  });
}

std::unique_ptr<net::Stream> Endpoint::make_stream(int fd, const std::string& host) {
  if (tls_ == nullptr) return net::make_plain_stream(fd);
  if (const Error error = tls_->refresh()) log(EKWS_LOG_WARN, error.text);
  return tls_->make_stream(fd, host);
}

std::shared_ptr<Peer> Endpoint::add_peer(Fd fd, const net::Address& remote, const config::Limits& limits,
                                         const std::string& host) {
  auto peer = std::make_shared<Peer>(*this);
  auto stream = make_stream(fd.get(), host);
  peer->set_connection(std::make_shared<net::Connection>(io(), std::move(fd), std::move(stream), next_connection_id(),
                                                         net::to_string(remote), connection_limits(limits), *peer,
                                                         buffer_));
  peers_.emplace(peer.get(), peer);
  return peer;
}

void Endpoint::remove_peer(const Peer& peer) { peers_.erase(&peer); }

void Endpoint::close_peers(bool (*chosen)(const Peer&)) {
  const Peers before = peers_;  // closing takes them out
  for (const auto& [key, peer] : before) {
    if (chosen(*peer)) peer->connection().close(net::kGoingAway, "no subscriber any more");
  }
}

void Endpoint::tell(int state, const std::string& reason) {
  state_ = state;
  if (state == EKWS_STATE_DISCONNECTED) lost_reason_ = reason;
  if (state == EKWS_STATE_CONNECTED) lost_reason_.clear();
  const std::string text = state == EKWS_STATE_DISCONNECTED ? reason + next_try() : reason;
  for (const auto& subscription : subscriptions_) subscription->events().state(state, text);
}

void Endpoint::count_failure(int code) {
  for (const auto& subscription : subscriptions_) subscription->count_failure(code);
}

void Endpoint::log(int level, const std::string& line) {
  for (const auto& subscription : subscriptions_) subscription->events().log(level, line);
}

}  // namespace ekws::core

#include "core/endpoint.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "net/close_code.h"

namespace ekws::core {

namespace {

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

Endpoint::Endpoint(std::shared_ptr<net::IoLoop> io, std::shared_ptr<net::TlsContext> tls)
    : io_(std::move(io)), tls_(std::move(tls)) {}

Endpoint::~Endpoint() {
  if (added_) io_->remove(*this);
}

void Endpoint::attach(const SubscriptionPtr& subscription) {
  io_->run([&] {
    if (!added_) io_->add(*this);
    added_ = true;
    try {
      subscriptions_.push_back(subscription);
      joined(subscription);
      if (subscriptions_.size() == 1) return open();
      catch_up(*subscription);
    } catch (...) {
      let_go(subscription);
      throw;
    }
  });
}

void Endpoint::detach(const SubscriptionPtr& subscription) {
  io_->run([&] { let_go(subscription); });
}

/// Needs no memory: what cannot be undone must not fail.
void Endpoint::let_go(const SubscriptionPtr& subscription) {
  auto& all = subscriptions_;
  all.erase(std::remove(all.begin(), all.end(), subscription), all.end());
  for (const auto& [key, peer] : peers_) peer->remove_feed(*subscription);
  for (auto peer = leaving_; peer; peer = peer->next_leaving()) peer->remove_feed(*subscription);
  left(subscription);
  if (all.empty()) {
    close();
    close_peers([](const Peer&) { return true; });
    while (leaving_) leaving_ = std::move(leaving_->next_leaving());
  } else {
    resume_resting();  // it may have been the one that held the others up
  }
}

/// Only `disconnected` keeps its reason with the reader, and it is told once: a late one must hear it, too.
void Endpoint::catch_up(Subscription& subscription) {
  const bool lost = state_ == EKWS_STATE_DISCONNECTED;
  if (lost || !lost_reason_.empty()) subscription.events().state(EKWS_STATE_DISCONNECTED, lost_reason_ + next_try());
  if (!lost) tell_one(subscription, state_, {});
}

void Endpoint::tell_one(Subscription& subscription, int state, const std::string& text) {
  if (state == EKWS_STATE_CONNECTED) subscription.events().log(EKWS_LOG_INFO, connected_line());
  subscription.events().state(state, text);
}

void Endpoint::room() noexcept {
  try {
    io_->post([self = shared_from_this()] { self->resume_resting(); });
  } catch (...) {
    io_->ask_to_recover();  // which does that
  }
}

/// In turn: who gets to read and fills the queue again goes to the end.
void Endpoint::resume_resting() {
  auto next = resting_.begin();
  for (std::size_t left = resting_.size(); left != 0; --left) {
    const auto peer = next->lock();
    if (peer && !peer->has_room()) {
      ++next;
      continue;
    }
    next = resting_.erase(next);
    if (peer) peer->connection().resume();
  }
}

void Endpoint::keep_leaving(std::shared_ptr<Peer> peer) noexcept {
  peer->next_leaving() = std::move(leaving_);
  leaving_ = std::move(peer);
  recover_soon();
}

void Endpoint::recover() {
  while (leaving_) {
    leaving_->say_closed();
    leaving_ = std::move(leaving_->next_leaving());
  }
  resume_resting();
  if (subscriptions_.empty()) return;
  if (untold_) {
    for (const auto& subscription : subscriptions_) catch_up(*subscription);
    untold_ = false;
  }
  reopen();
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
                                                         io_->buffer(), pool_));
  peers_.emplace(peer.get(), peer);
  return peer;
}

void Endpoint::remove_peer(const Peer& peer) { peers_.erase(&peer); }

void Endpoint::close_peers(bool (*chosen)(const Peer&)) {
  for (auto next = peers_.begin(); next != peers_.end();) {
    const auto peer = next->second;
    if (chosen(*peer)) peer->connection().close(net::kGoingAway, "no subscriber any more");
    next = peers_.upper_bound(peer.get());  // closing takes it out
  }
}

void Endpoint::tell(int state, const std::string& reason) noexcept {
  state_ = state;
  if (state == EKWS_STATE_CONNECTED) lost_reason_.clear();
  try {
    if (state == EKWS_STATE_DISCONNECTED) lost_reason_ = reason;
    const std::string text = state == EKWS_STATE_DISCONNECTED ? reason + next_try() : reason;
    for (const auto& subscription : subscriptions_) tell_one(*subscription, state, text);
  } catch (...) {
    untold_ = true;
    recover_soon();
  }
}

void Endpoint::count_failure(int code) {
  for (const auto& subscription : subscriptions_) subscription->count_failure(code);
}

void Endpoint::log(int level, const std::string& line) noexcept {
  try {
    for (const auto& subscription : subscriptions_) subscription->events().log(level, line);
  } catch (...) {
    // A line less is better than what it tells of left half done.
  }
}

}  // namespace ekws::core

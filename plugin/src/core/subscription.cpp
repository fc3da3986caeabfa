#include "core/subscription.h"

#include <utility>

#include "core/endpoint.h"

namespace ekws::core {

namespace {

/// What the counters of ekws_stats count, in their order: a code, or a class where it is one digit.
constexpr std::array<int, 11> kCounted = {EKWS_E_CONNECTIONS,      EKWS_E_HANDSHAKE_TIMEOUT, EKWS_CLASS_HANDSHAKE,
                                          EKWS_CLASS_TLS,          EKWS_E_PONG_TIMEOUT,      EKWS_E_IDLE_TIMEOUT,
                                          EKWS_CLASS_PROTOCOL,     EKWS_E_MESSAGE_TOO_BIG,   EKWS_E_FRAGMENTS,
                                          EKWS_E_FRAGMENT_TIMEOUT, EKWS_E_BUFFERED};

}  // namespace

Subscription::Subscription(std::uint64_t id, data::Wakeups& wakeups, config::Config config,
                           std::shared_ptr<net::TlsContext> tls)
    : config_(std::move(config)),
      data_wakeup_(wakeups, {{id}, EKWS_CHANNEL_DATA, 0}),
      events_wakeup_(wakeups, {{id}, EKWS_CHANNEL_EVENTS, 0}),
      events_(events_wakeup_),
      tls_(std::move(tls)),
      queue_(config_.queue.bytes, config_.queue.messages, data_wakeup_, [this] { on_room(); }) {
  for (const std::string& warning : config_.warnings) events_.log(EKWS_LOG_WARN, warning);
}

void Subscription::on_room() {
  // Records were queued, so there is an endpoint that did it.
  endpoint_->room();
}

void Subscription::count_message(std::size_t bytes) {
  // One writer: no read-modify-write is needed.
  messages_.store(messages_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  bytes_.store(bytes_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

void Subscription::count_opened() {
  ++connections_;
  ++connections_opened_;
}

void Subscription::count_failure(int code) {
  for (std::size_t i = 0; i < kCounted.size(); ++i) {
    if (code != kCounted[i] && code / 100 != kCounted[i]) continue;
    ++failures_[i];
    return;
  }
}

ekws_stats Subscription::stats() const {
  ekws_stats out{};
  out.struct_size = sizeof out;
  out.messages = messages_.load(std::memory_order_relaxed);
  out.bytes = bytes_.load(std::memory_order_relaxed);
  out.queued_messages = queue_.queued_records();
  out.queued_bytes = queue_.queued_bytes();
  out.connections = connections_.load();
  out.connections_opened = connections_opened_.load();
  out.paused = queue_.resting() ? 1 : 0;
  out.pauses = queue_.pauses();
  std::uint64_t* const counters[kCounted.size()] = {
      &out.refused_connections, &out.handshake_timeouts, &out.failed_handshakes, &out.failed_tls,
      &out.pong_timeouts,       &out.idle_timeouts,      &out.protocol_errors,   &out.too_big_messages,
      &out.too_many_fragments,  &out.fragment_timeouts,  &out.buffer_limits};
  for (std::size_t i = 0; i < kCounted.size(); ++i) *counters[i] = failures_[i].load(std::memory_order_relaxed);
  return out;
}

}  // namespace ekws::core

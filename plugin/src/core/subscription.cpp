#include "core/subscription.h"

#include <utility>

#include "core/endpoint.h"

namespace ekws::core {

Subscription::Subscription(config::Config config)
    : config_(std::move(config)), queue_(config_.queue.bytes, config_.queue.messages, [this] { on_room(); }) {
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
  return out;
}

}  // namespace ekws::core

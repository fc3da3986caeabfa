// What one reader gets: its configuration, its two queues, its counters.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "config/config.h"
#include "data/events.h"
#include "data/queue.h"
#include "ekws/ekws.h"

namespace ekws::net {
class TlsContext;
}

namespace ekws::core {

class Endpoint;

class Subscription {
 public:
  /// `tls`: what the configuration says of it, loaded; null for plain.
  Subscription(std::uint64_t id, data::Wakeups& wakeups, config::Config config, std::shared_ptr<net::TlsContext> tls);

  // any thread
  const config::Config& config() const { return config_; }
  data::Events& events() { return events_; }
  data::Queue& queue() { return queue_; }
  ekws_stats stats() const;

  /// For one drain at a time on each channel; false: another thread is draining.
  bool begin_drain(int channel) { return !draining_[channel].exchange(true); }
  void end_drain(int channel) { draining_[channel].store(false); }

  /// For the endpoint, if this subscription is its first; so the files are read once. Null behind release_tls.
  const std::shared_ptr<net::TlsContext>& tls() const { return tls_; }
  void release_tls() { tls_ = nullptr; }

  /// Set before the endpoint gives it anything.
  void set_endpoint(std::shared_ptr<Endpoint> endpoint) { endpoint_ = std::move(endpoint); }
  const std::shared_ptr<Endpoint>& endpoint() const { return endpoint_; }
  /// Closed for good, so that a start that comes too late does nothing. For Runtime, under its mutex, as the endpoint.
  void set_left() { left_ = true; }
  bool left() const { return left_; }

  // io thread of its endpoint
  void count_message(std::size_t bytes);
  void count_opened();
  void count_closed() { --connections_; }
  /// Why a connection ended or did not come about; counts what ekws_stats has a counter for.
  void count_failure(int code);

 private:
  void on_room();

  const config::Config config_;
  data::Wakeup data_wakeup_;
  data::Wakeup events_wakeup_;
  data::Events events_;
  std::shared_ptr<net::TlsContext> tls_;
  std::shared_ptr<Endpoint> endpoint_;
  bool left_ = false;
  std::atomic<std::uint64_t> messages_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<std::uint64_t> connections_opened_{0};
  std::array<std::atomic<std::uint64_t>, 11> failures_{};  ///< in the order of ekws_stats
  std::atomic<bool> draining_[2] = {};
  data::Queue queue_;
};

using SubscriptionPtr = std::shared_ptr<Subscription>;

}  // namespace ekws::core

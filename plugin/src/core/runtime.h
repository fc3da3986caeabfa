// Everything there is one of in a process: the loops, the endpoints, the handles.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "config/config.h"
#include "core/endpoint.h"
#include "core/listeners.h"
#include "core/subscription.h"
#include "net/io_loop.h"

namespace ekws::core {

/// Thread-safe. Never destroyed: threads of the host may call in until the process ends.
class Runtime {
 public:
  static Runtime& instance();

  /// Returns the handle's number, never 0, never used twice.
  std::uint64_t create(config::Config config);
  /// Null for what is closed or never was.
  SubscriptionPtr find(std::uint64_t id);
  /// Error of class config when it does not fit the endpoint that is there; EKWS_E_ARGUMENT when already started.
  Error start(const SubscriptionPtr& subscription);
  /// Blocks until its endpoint has let go. False for what is closed or never was.
  bool close(std::uint64_t id);
  /// Checks reachability or the address as ekws_probe says.
  Error probe(const config::Config& config, std::chrono::milliseconds timeout);

  /// What ekws_loops, ekws_loop_fd and ekws_run say; for loop_descriptor `loop` is below loops().
  static std::size_t loops() noexcept { return net::IoPool::size(); }
  Fd loop_descriptor(std::size_t loop) { return pool_.open(loop); }
  Error run(std::size_t loop, ekws_woken* woken, std::size_t capacity, ekws_turn& out);

 private:
  struct Shared {
    net::IoLease io;
    std::shared_ptr<Endpoint> endpoint;
    std::size_t users = 0;
  };
  using Endpoints = std::map<std::string, Shared>;

  bool leave(const SubscriptionPtr& subscription);
  Endpoints::iterator find_or_make(const Subscription& subscription);
  void drop_user(Endpoints::iterator entry);

  net::IoPool pool_;
  data::Wakeups wakeups_;
  Listeners listeners_;
  std::atomic<std::uint64_t> last_id_{0};

  std::mutex handles_mutex_;
  std::unordered_map<std::uint64_t, SubscriptionPtr> handles_;  // guarded by handles_mutex_

  // Held while an endpoint is joined or left, so that a listener that is closing and one that opens on the same port
  // do not meet. The io threads never take it.
  std::mutex endpoints_mutex_;
  Endpoints endpoints_;  // guarded by endpoints_mutex_
};

}  // namespace ekws::core

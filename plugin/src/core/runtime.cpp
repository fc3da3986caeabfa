#include "core/runtime.h"

#include <utility>

#include "core/client_endpoint.h"
#include "core/probe.h"
#include "core/server_endpoint.h"

namespace ekws::core {

namespace {

std::string key(const config::Config& config) {
  return config.role == config::Role::client ? ClientEndpoint::key(config) : ServerEndpoint::key(config);
}

std::shared_ptr<Endpoint> make(const config::Config& config, net::IoPool& pool) {
  const auto io = pool.acquire();
  return config.role == config::Role::client ? make_endpoint<ClientEndpoint>(io, config)
                                             : make_endpoint<ServerEndpoint>(io, config);
}

}  // namespace

Runtime& Runtime::instance() {
  static Runtime& runtime = *new Runtime;
  return runtime;
}

std::uint64_t Runtime::create(config::Config config) {
  if (config.role == config::Role::server) const Route compiles(config.listen.path);
  auto subscription = std::make_shared<Subscription>(std::move(config));
  const std::uint64_t id = ++last_id_;
  const std::lock_guard<std::mutex> lock(handles_mutex_);
  handles_.emplace(id, std::move(subscription));
  return id;
}

SubscriptionPtr Runtime::find(std::uint64_t id) {
  const std::lock_guard<std::mutex> lock(handles_mutex_);
  const auto found = handles_.find(id);
  return found == handles_.end() ? nullptr : found->second;
}

Error Runtime::start(const SubscriptionPtr& subscription) {
  const std::lock_guard<std::mutex> lock(endpoints_mutex_);
  if (subscription->left()) return {EKWS_E_CLOSED, "the subscription is closed"};
  if (subscription->endpoint() != nullptr) return {EKWS_E_ARGUMENT, "the subscription was started before"};
  const config::Config& config = subscription->config();
  const std::string identity = key(config);
  auto found = endpoints_.find(identity);
  if (found == endpoints_.end()) {
    found = endpoints_.emplace(identity, Shared{make(config, pool_)}).first;
  } else if (Error error = found->second.endpoint->conflict(config)) {
    return error;
  }
  ++found->second.users;
  subscription->set_endpoint(found->second.endpoint);
  found->second.endpoint->attach(subscription);
  return {};
}

bool Runtime::close(std::uint64_t id) {
  SubscriptionPtr subscription;
  {
    const std::lock_guard<std::mutex> lock(handles_mutex_);
    const auto found = handles_.find(id);
    if (found == handles_.end()) return false;
    subscription = std::move(found->second);
    handles_.erase(found);
  }
  leave(subscription);
  return true;
}

void Runtime::leave(const SubscriptionPtr& subscription) {
  const std::lock_guard<std::mutex> lock(endpoints_mutex_);
  subscription->set_left();
  if (subscription->endpoint() == nullptr) return;
  subscription->endpoint()->detach(subscription);
  const auto found = endpoints_.find(key(subscription->config()));
  if (--found->second.users == 0) endpoints_.erase(found);
}

Error Runtime::probe(const config::Config& config, std::chrono::milliseconds timeout) {
  if (config.role == config::Role::client) {
    const auto io = pool_.acquire();
    const Error result = probe_client(*io, config, timeout);
    net::IoPool::release(*io);
    return result;
  }
  const Route compiles(config.listen.path);
  const std::lock_guard<std::mutex> lock(endpoints_mutex_);
  const auto found = endpoints_.find(key(config));
  if (found == endpoints_.end()) return probe_server(config);
  if (Error error = found->second.endpoint->conflict(config)) return error;
  return found->second.endpoint->is_up() ? Error{} : probe_server(config);
}

}  // namespace ekws::core

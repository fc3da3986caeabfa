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

/// What the configuration refers to: null for plain. Throws Failure of class config where it cannot be used.
std::shared_ptr<net::TlsContext> load(const config::Config& config) {
  const bool client = config.role == config::Role::client;
  if (!client) const Route compiles(config.listen.path);
  const auto& tls = client ? config.dial.tls : config.listen.tls;
  return tls ? std::make_shared<net::TlsContext>(*tls) : nullptr;
}

}  // namespace

Runtime& Runtime::instance() {
  static Runtime& runtime = *new Runtime;
  return runtime;
}

std::uint64_t Runtime::create(config::Config config) {
  auto tls = load(config);
  const std::uint64_t id = ++last_id_;
  auto subscription = std::make_shared<Subscription>(id, wakeups_, std::move(config), std::move(tls));
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
  const auto entry = find_or_make(*subscription);
  ++entry->second.users;
  try {
    Error error = entry->second.endpoint->conflict(subscription->config());
    if (error) {
      drop_user(entry);
      return error;
    }
    subscription->set_endpoint(entry->second.endpoint);
    entry->second.endpoint->attach(subscription);
  } catch (...) {
    // Out of memory: as if it had not been tried.
    subscription->set_endpoint(nullptr);
    drop_user(entry);
    throw;
  }
  subscription->release_tls();
  return {};
}

Runtime::Endpoints::iterator Runtime::find_or_make(const Subscription& subscription) {
  const config::Config& config = subscription.config();
  const std::string identity = key(config);
  const auto found = endpoints_.find(identity);
  if (found != endpoints_.end()) return found;
  Shared made;
  made.io = pool_.acquire();
  const auto& io = made.io.loop();
  made.endpoint = config.role == config::Role::client
                      ? make_endpoint<ClientEndpoint>(io, config, subscription.tls())
                      : make_endpoint<ServerEndpoint>(io, config, subscription.tls(), listeners_);
  return endpoints_.emplace(identity, std::move(made)).first;
}

void Runtime::drop_user(Endpoints::iterator entry) {
  if (--entry->second.users == 0) endpoints_.erase(entry);
}

bool Runtime::close(std::uint64_t id) {
  const SubscriptionPtr subscription = find(id);
  if (!subscription || !leave(subscription)) return false;
  const std::lock_guard<std::mutex> lock(handles_mutex_);
  handles_.erase(id);
  return true;
}

/// False if it had left before. Where it throws, it has not, and may be asked again.
bool Runtime::leave(const SubscriptionPtr& subscription) {
  const std::lock_guard<std::mutex> lock(endpoints_mutex_);
  if (subscription->left()) return false;
  if (subscription->endpoint() != nullptr) {
    const auto entry = endpoints_.find(key(subscription->config()));
    subscription->endpoint()->detach(subscription);
    drop_user(entry);
  }
  subscription->set_left();
  return true;
}

Error Runtime::run(std::size_t loop, ekws_woken* woken, std::size_t capacity, ekws_turn& out) {
  net::IoLoop* const found = pool_.find(loop);
  if (found == nullptr) return {EKWS_E_ARGUMENT, "no such loop, or no descriptor of it was asked for"};
  const auto turn = found->turn([this] { return wakeups_.any(); });
  if (turn.busy) return {EKWS_E_BUSY, "another thread runs this loop"};
  out.woken = wakeups_.take(woken, capacity);
  out.more = turn.more || wakeups_.any() ? 1 : 0;
  if (turn.within) out.within_ms = static_cast<std::uint64_t>(turn.within->count());
  return {};
}

Error Runtime::probe(const config::Config& config, std::chrono::milliseconds timeout) {
  if (config.role == config::Role::client) {  // it reads the certificates itself
    const auto io = pool_.acquire();
    return probe_client(*io.loop(), config, timeout);
  }
  load(config);
  const std::lock_guard<std::mutex> lock(endpoints_mutex_);
  const auto found = endpoints_.find(key(config));
  if (found == endpoints_.end()) return probe_server(config, listeners_);
  if (Error error = found->second.endpoint->conflict(config)) return error;
  return found->second.endpoint->is_up() ? Error{} : probe_server(config, listeners_);
}

}  // namespace ekws::core

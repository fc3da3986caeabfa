#include "core/server_endpoint.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "config/advice.h"
#include "core/metadata.h"
#include "core/tls_identity.h"
#include "net/port_owner.h"

namespace ekws::core {

namespace {

constexpr std::chrono::milliseconds kListenRetryInitial(500);
constexpr std::chrono::milliseconds kListenRetryMax(5000);
/// Between two warnings of clients that TLS has kept out.
constexpr std::chrono::seconds kRefusalEvery(1);

std::string number(std::uint64_t value) { return std::to_string(value); }
std::string number(bool value) { return value ? "true" : "false"; }
std::string number(int value) { return std::to_string(value); }
std::string number(std::chrono::milliseconds value) { return std::to_string(value.count()) + "ms"; }

}  // namespace

Error with_advice(Error error, const config::Listen& listen) {
  if (error.code == EKWS_E_ADDRESS_IN_USE) {
    const bool by_host = net::port_owner(listen.port) == net::PortOwner::this_process;
    error.text += config::port_taken_advice(listen, by_host);
  }
  return error;
}

ServerEndpoint::ServerEndpoint(std::shared_ptr<net::IoThread> io, const config::Config& config)
    : Endpoint(std::move(io), config.listen.tls),
      listen_(config.listen),
      limits_(config.limits),
      retry_(Endpoint::io(), kListenRetryInitial, kListenRetryMax) {}

ServerEndpoint::~ServerEndpoint() = default;

std::string ServerEndpoint::key(const config::Config& config) {
  return "listen " + net::join_host_port(config.listen.ip, config.listen.port);
}

Error ServerEndpoint::conflict(const config::Config& config) const {
  const auto conflicting = [this](const char* property, const std::string& values = " differs from that") -> Error {
    return {EKWS_E_CONFIG_CONFLICT, std::string(property) + values + " of the streams that already listen on " +
                                        net::join_host_port(listen_.ip, listen_.port) +
                                        "; what belongs to a listener must be the same for all its streams"};
  };
  const auto differs = [&](const char* property, const auto& there, const auto& here) -> Error {
    if (there == here) return {};
    return conflicting(property, ": " + number(here) + " differs from " + number(there));
  };
  const config::Limits& other = config.limits;
  for (Error error : {differs("maxMessageBytes", limits_.max_message_bytes, other.max_message_bytes),
                      differs("handshakeTimeout", limits_.handshake_timeout, other.handshake_timeout),
                      differs("closeTimeout", limits_.close_timeout, other.close_timeout),
                      differs("pingInterval", limits_.ping_interval, other.ping_interval),
                      differs("pongTimeout", limits_.pong_timeout, other.pong_timeout),
                      differs("compression", limits_.compression.on, other.compression.on),
                      differs("compressionWindowBits", limits_.compression.window_bits, other.compression.window_bits),
                      differs("maxConnections", listen_.max_connections, config.listen.max_connections)}) {
    if (error) return error;
  }
  const auto there = tls_identity(listen_.tls);
  const auto here = tls_identity(config.listen.tls);
  for (std::size_t i = 0; i < there.size(); ++i) {
    if (there[i] != here[i]) return conflicting(there[i].first);
  }
  return {};
}

void ServerEndpoint::open() { listen(); }

void ServerEndpoint::close() {
  retry_.cancel();
  if (const auto acceptor = std::exchange(acceptor_, nullptr)) acceptor->close();
}

void ServerEndpoint::joined(const SubscriptionPtr& subscription) {
  const std::string& pattern = subscription->config().listen.path;
  auto branch = std::find_if(branches_.begin(), branches_.end(),
                             [&](const auto& other) { return other->route.pattern() == pattern; });
  if (branch == branches_.end()) {
    // Plain paths before patterns, else in the order they came.
    auto made = std::make_unique<Branch>(pattern);
    auto place = made->route.has_variables() ? branches_.end()
                                             : std::find_if(branches_.begin(), branches_.end(), [](const auto& other) {
                                                 return other->route.has_variables();
                                               });
    branch = branches_.insert(place, std::move(made));
  } else {
    const Subscription& sibling = *(*branch)->subscriptions.front();
    for (const auto& [key, peer] : peers()) {
      if (peer->feeds(sibling)) peer->add_feed(subscription);
    }
  }
  (*branch)->subscriptions.push_back(subscription);
}

void ServerEndpoint::left(const SubscriptionPtr& subscription) {
  for (auto branch = branches_.begin(); branch != branches_.end(); ++branch) {
    auto& readers = (*branch)->subscriptions;
    const auto found = std::find(readers.begin(), readers.end(), subscription);
    if (found == readers.end()) continue;
    readers.erase(found);
    if (readers.empty()) branches_.erase(branch);
    break;
  }
  close_peers([](const Peer& peer) { return peer.is_open() && !peer.has_feeds(); });
}

void ServerEndpoint::listen() {
  const std::weak_ptr<Endpoint> weak = weak_from_this();
  const auto mine = [weak] { return std::static_pointer_cast<ServerEndpoint>(weak.lock()); };
  auto acceptor = std::make_shared<net::Acceptor>(
      io(),
      [mine](Fd fd, const net::Address& remote) {
        if (const auto self = mine()) self->accept(std::move(fd), remote);
      },
      [mine](const Error& trouble) {
        const auto self = mine();
        if (!self) return;
        self->log(EKWS_LOG_WARN, trouble ? trouble.text : std::string("accepting connections again"));
      });
  Error error = acceptor->listen(listen_.ip, listen_.port);
  if (!error) {
    acceptor_ = std::move(acceptor);
    last_error_ = {};
    retry_.reset();
    log(EKWS_LOG_INFO, "listening on " + net::join_host_port(listen_.ip, acceptor_->port()));
    return tell(EKWS_STATE_CONNECTED, {});
  }
  error = with_advice(std::move(error), listen_);
  const auto delay = retry_.schedule([mine] {
    const auto self = mine();
    if (!self) return;
    self->tell(EKWS_STATE_CONNECTING, {});
    self->listen();
  });
  // Once a cause: each `disconnected` costs the reader an error.
  if (error.text != last_error_.text) tell(EKWS_STATE_DISCONNECTED, error.text + next_try(delay));
  last_error_ = std::move(error);
}

void ServerEndpoint::accept(Fd fd, const net::Address& remote) {
  if (peers().size() >= listen_.max_connections) {
    if (!std::exchange(full_, true)) {
      log(EKWS_LOG_WARN, "refusing connections: there are " + std::to_string(peers().size()) + " (maxConnections)");
    }
    return;  // fd closes
  }
  full_ = false;
  try {
    add_peer(std::move(fd), remote, limits_)->connection().start_server();
  } catch (const std::exception& e) {
    log(EKWS_LOG_ERROR, "cannot take a connection from " + net::to_string(remote) + ": " + e.what());
  }
}

net::Response ServerEndpoint::on_request(Peer& peer, const net::Request& request) {
  const std::string_view encoded = split_target(request.target).first;
  if (!is_well_encoded(encoded)) return {400, "the path has a % without two hexadecimal digits behind it"};
  const std::string path = percent_decode(encoded);
  for (const auto& branch : branches_) {
    const auto params = branch->route.match(path);
    if (!params) continue;
    net::Connection& connection = peer.connection();
    peer.set_metadata(to_json({connection.id(),
                               connection.remote_address(),
                               request.target,
                               request.host,
                               *params,
                               {},
                               connection.peer_subject()}));
    for (const auto& subscription : branch->subscriptions) peer.add_feed(subscription);
    return {};
  }
  return {404, "no stream listens on this path"};
}

void ServerEndpoint::on_closed(Peer& peer, const Error& why, bool was_open) {
  const std::string& who = peer.connection().remote_address();
  if (was_open) {
    // A peer's fault costs a message, so it is told; coming and going is everyday.
    const int fault = why.error_class();
    const bool broken = fault == EKWS_CLASS_PROTOCOL || fault == EKWS_CLASS_LIMIT;
    peer.log(broken ? EKWS_LOG_WARN : EKWS_LOG_DEBUG, who + " left: " + why.text);
  } else {
    // A client that TLS keeps out has to find its mistake here, but may try for ever: a cause is told once, and no more
    // of them than anybody reads.
    const auto now = std::chrono::steady_clock::now();
    const bool news = why.error_class() == EKWS_CLASS_TLS && why.text != last_refusal_ &&
                      (last_refusal_.empty() || now - refusal_told_ >= kRefusalEvery);
    log(news ? EKWS_LOG_WARN : EKWS_LOG_DEBUG, who + " did not get in: " + why.text);
    if (news) {
      last_refusal_ = why.text;
      refusal_told_ = now;
    }
  }
  remove_peer(peer);
}

}  // namespace ekws::core

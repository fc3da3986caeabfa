#include "core/server_endpoint.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/utf8.h"
#include "config/advice.h"
#include "config/text.h"
#include "core/metadata.h"
#include "core/tls_identity.h"
#include "net/close_code.h"
#include "net/port_owner.h"

namespace ekws::core {

namespace {

constexpr std::chrono::milliseconds kListenRetryInitial(500);
constexpr std::chrono::milliseconds kListenRetryMax(5000);

constexpr int kSwitchingProtocols = 101;
/// How many connections beyond a limit are told so; the ones after that are just closed.
constexpr std::size_t kMaxSurplus = 64;
/// Seconds: long enough for a crowd to thin out, short enough for one that found a full house.
constexpr const char* kRetryAfter = "10";
constexpr std::size_t kMaxPathText = 200;
/// Peers that left unread keep their connections; a path has so large a part of maxConnections for them.
constexpr std::uint64_t kPartOfLeft = 10;

std::string number(std::uint64_t value) { return std::to_string(value); }
std::string number(bool value) { return value ? "true" : "false"; }
std::string number(int value) { return std::to_string(value); }
std::string number(std::chrono::milliseconds value) { return std::to_string(value.count()) + "ms"; }

}  // namespace

Error with_advice(Error error, const config::Listen& listen, const Listeners& ours) {
  if (error.code == EKWS_E_ADDRESS_IN_USE) {
    const bool here = net::port_owner(listen.port) == net::PortOwner::this_process;
    error.text += config::port_taken_advice(listen, {here, ours.on(listen.port)});
  }
  return error;
}

ServerEndpoint::ServerEndpoint(std::shared_ptr<net::IoLoop> io, const config::Config& config,
                               std::shared_ptr<net::TlsContext> tls, Listeners& listeners)
    : Endpoint(std::move(io), std::move(tls)),
      listen_(config.listen),
      limits_(config.limits),
      address_(net::join_host_port(listen_.ip, listen_.port)),
      listeners_(listeners),
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
  for (Error error :
       {differs("maxMessageBytes", limits_.max_message_bytes, other.max_message_bytes),
        differs("handshakeTimeout", limits_.handshake_timeout, other.handshake_timeout),
        differs("closeTimeout", limits_.close_timeout, other.close_timeout),
        differs("pingInterval", limits_.ping_interval, other.ping_interval),
        differs("pongTimeout", limits_.pong_timeout, other.pong_timeout),
        differs("compression", limits_.compression.on, other.compression.on),
        differs("compressionWindowBits", limits_.compression.window_bits, other.compression.window_bits),
        differs("maxFragments", limits_.max_fragments, other.max_fragments),
        differs("fragmentTimeout", limits_.fragment_timeout, other.fragment_timeout),
        differs("idleTimeout", limits_.idle_timeout, other.idle_timeout),
        differs("maxConnections", listen_.max_connections, config.listen.max_connections),
        differs("maxConnectionsPerIp", listen_.max_connections_per_ip, config.listen.max_connections_per_ip),
        differs("maxBufferedBytes", listen_.max_buffered_bytes, config.listen.max_buffered_bytes)}) {
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
  if (const auto acceptor = std::exchange(acceptor_, nullptr)) {
    acceptor->close();
    listeners_.remove(address_, listen_.port);
  }
}

void ServerEndpoint::joined(const SubscriptionPtr& subscription) {
  const std::string& pattern = subscription->config().listen.path;
  auto branch = std::find_if(branches_.begin(), branches_.end(),
                             [&](const auto& other) { return other->route.pattern() == pattern; });
  if (branch == branches_.end()) {
    // Plain paths before patterns, else in the order they came.
    auto made = std::make_unique<Branch>(pattern);
    made->subscriptions.push_back(subscription);  // before it is in there: one that nobody reads from must not be
    auto place = made->route.has_variables() ? branches_.end()
                                             : std::find_if(branches_.begin(), branches_.end(), [](const auto& other) {
                                                 return other->route.has_variables();
                                               });
    branches_.insert(place, std::move(made));
    return;
  }
  const Subscription& sibling = *(*branch)->subscriptions.front();
  for (const auto& [key, peer] : peers()) {
    if (peer->feeds(sibling)) peer->add_feed(subscription);
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

void ServerEndpoint::reopen() {
  if (acceptor_ != nullptr) acceptor_->recover();
  if (acceptor_ == nullptr && !retry_.waiting()) listen();
}

void ServerEndpoint::listen() {
  const std::weak_ptr<Endpoint> weak = weak_from_this();
  // First of all: what fails below, be it for want of memory, is tried again.
  retry_.schedule([weak] {
    if (const auto self = std::static_pointer_cast<ServerEndpoint>(weak.lock())) self->listen();
  });
  if (last_error_) tell(EKWS_STATE_CONNECTING, {});
  Error error = acceptor_ == nullptr ? make_acceptor() : Error{};
  if (error) {
    // Once a cause: each `disconnected` costs the reader an error, and to see who has the port takes all of
    // /proc/net/tcp.
    if (error.text != last_error_.text) tell(EKWS_STATE_DISCONNECTED, with_advice(error, listen_, listeners_).text);
    last_error_ = std::move(error);
    return;
  }
  tell(EKWS_STATE_CONNECTED, {});
  last_error_ = {};
  retry_.cancel();
  retry_.reset();
}

std::string ServerEndpoint::connected_line() const {
  return "listening on " + net::join_host_port(listen_.ip, acceptor_->port());
}

Error ServerEndpoint::make_acceptor() {
  const std::weak_ptr<Endpoint> weak = weak_from_this();
  const auto mine = [weak] { return std::static_pointer_cast<ServerEndpoint>(weak.lock()); };
  auto acceptor = std::make_shared<net::Acceptor>(
      io(),
      [mine](Fd fd, const net::Address& remote) {
        if (const auto self = mine()) self->accept(std::move(fd), remote);
      },
      [mine](const Error& trouble) {
        if (const auto self = mine()) self->on_trouble(trouble);
      });
  if (Error error = acceptor->listen(listen_.ip, listen_.port)) return error;
  acceptor_ = std::move(acceptor);
  listeners_.add(address_, listen_.port);
  return {};
}

/// At the limit it may come and go many times a second.
void ServerEndpoint::on_trouble(const Error& trouble) {
  if (trouble) {
    if (warn_seldom(trouble.text, trouble.text, troubles_)) in_trouble_ = true;
  } else {
    log(std::exchange(in_trouble_, false) ? EKWS_LOG_WARN : EKWS_LOG_DEBUG, "accepting connections again");
  }
}

void ServerEndpoint::accept(Fd fd, const net::Address& remote) {
  const std::string client = listen_.max_connections_per_ip == 0 ? "" : net::client_of(net::to_string(remote));
  net::Response answer = admit(client);
  const bool admitted = answer.status == kSwitchingProtocols;
  if (!admitted) {
    count_failure(EKWS_E_CONNECTIONS);
    warn_seldom("refusing connections: " + answer.text, answer.text, warnings_);
    if (surplus_.size() >= kMaxSurplus) return;  // fd closes
  }
  std::shared_ptr<Peer> peer;
  try {
    peer = add_peer(std::move(fd), remote, limits_);
    if (!admitted) {
      surplus_.emplace(peer.get(), std::move(answer));
    } else if (listen_.max_connections_per_ip != 0) {
      ++by_client_[client];
    }
    peer->connection().start_server();
  } catch (const std::exception& e) {
    if (peer) remove_peer(*peer);  // not counted yet
    log(EKWS_LOG_ERROR, "cannot take a connection from " + net::to_string(remote) + ": " + e.what());
  }
}

net::Response ServerEndpoint::admit(const std::string& client) {
  const auto refusal = [](int status, std::size_t count, const std::string& what) {
    return net::Response{status, "there are " + number(count) + what, {{"Retry-After", kRetryAfter}}};
  };
  const std::size_t count = peers().size() - surplus_.size();
  if (count >= listen_.max_connections) return refusal(503, count, " connections (maxConnections)");
  if (listen_.max_connections_per_ip == 0) return {};
  const auto of_client = by_client_.find(client);
  if (of_client == by_client_.end() || of_client->second < listen_.max_connections_per_ip) return {};
  return refusal(429, of_client->second, " connections from " + client + " (maxConnectionsPerIp)");
}

void ServerEndpoint::forget(Peer& peer) {
  if (surplus_.erase(&peer) == 0 && listen_.max_connections_per_ip != 0) {
    const auto of_client = by_client_.find(net::client_of(peer.connection().remote_address()));
    if (of_client != by_client_.end() && --of_client->second == 0) by_client_.erase(of_client);
  }
  for (const auto& branch : branches_) branch->left_unread.erase(&peer);
  remove_peer(peer);
}

ServerEndpoint::Branch* ServerEndpoint::branch_of(const Peer& peer) const {
  const auto found = std::find_if(branches_.begin(), branches_.end(),
                                  [&](const auto& branch) { return peer.feeds(*branch->subscriptions.front()); });
  return found == branches_.end() ? nullptr : found->get();
}

/// A rule that is blocked must not cost the other paths their connections, however often its peers come and go.
net::Response ServerEndpoint::Branch::admit(std::uint64_t max_connections) const {
  const std::uint64_t most = max_connections / kPartOfLeft;
  if (left_unread.size() <= most) return {};
  const bool behind = std::any_of(subscriptions.begin(), subscriptions.end(),
                                  [](const auto& subscription) { return subscription->queue().full(); });
  if (!behind) return {};
  return {503,  // without names: strangers read it
          "who reads from this path is behind, and more than " + number(most) +
              " peers of this path have left with what they sent unread (a tenth of maxConnections)",
          {{"Retry-After", kRetryAfter}}};
}

net::Response ServerEndpoint::on_request(Peer& peer, const net::Request& request) {
  const auto surplus = surplus_.find(&peer);
  if (surplus != surplus_.end()) return surplus->second;
  const std::string_view encoded = split_target(request.target).first;
  if (!is_well_encoded(encoded)) return {400, "the path has a % without two hexadecimal digits behind it"};
  const std::string path = percent_decode(encoded);
  for (const auto& branch : branches_) {
    const auto params = branch->route.match(path);
    if (!params) continue;
    if (net::Response refusal = branch->admit(listen_.max_connections); refusal.status != kSwitchingProtocols) {
      return refusal;
    }
    net::Connection& connection = peer.connection();
    const Metadata metadata{
        connection.id(),          connection.remote_address(), request.target, request.host, *params, {},
        connection.peer_subject()};
    std::string json = to_json(metadata);
    if (net::Response refusal = check_size(metadata, json); refusal.status != kSwitchingProtocols) return refusal;
    peer.set_metadata(std::move(json));
    for (const auto& subscription : branch->subscriptions) peer.add_feed(subscription);
    warn_passed_over(*branch, path);
    return {};
  }
  return {404, "no stream listens on " + config::quote(path)};
}

void ServerEndpoint::Branch::log(int level, const std::string& line) const {
  for (const auto& subscription : subscriptions) subscription->events().log(level, line);
}

/// Whether two patterns fit one path shows when such a path is asked for. A plain path is meant to come before them.
void ServerEndpoint::warn_passed_over(const Branch& taken, const std::string& path) {
  if (!taken.route.has_variables()) return;
  for (const auto& branch : branches_) {
    if (branch.get() == &taken || branch->passed_over || !branch->route.match(path)) continue;
    branch->passed_over = true;
    const std::string line = "the paths " + taken.route.pattern() + " and " + branch->route.pattern() + " both fit " +
                             valid_utf8(cut_utf8(path, kMaxPathText)) + ": what comes there goes to " +
                             taken.route.pattern() + " alone, which was first";
    taken.log(EKWS_LOG_WARN, line);
    branch->log(EKWS_LOG_WARN, line);
  }
}

void ServerEndpoint::on_closed(Peer& peer, const Error& why, bool was_open) {
  const bool surplus = surplus_.count(&peer) != 0;
  forget(peer);  // first: the telling takes memory, and its place must be free all the same
  const std::string& who = peer.connection().remote_address();
  if (was_open) {
    // A peer's fault costs a message, so it is told; coming and going is everyday.
    const int fault = why.error_class();
    const bool broken = fault == EKWS_CLASS_PROTOCOL || fault == EKWS_CLASS_LIMIT;
    const std::string line = who + " left: " + why.text;
    if (Branch* const branch = branch_of(peer)) {
      broken ? branch->warn_seldom(line, why.text) : branch->log(EKWS_LOG_DEBUG, line);
    }
  } else if (!surplus) {
    const std::string line = who + " did not get in: " + why.text;
    const bool spoke = why.error_class() == EKWS_CLASS_HANDSHAKE || why.error_class() == EKWS_CLASS_TLS;
    if (spoke) {
      warn_seldom(line, why.text, warnings_);
    } else {
      log(EKWS_LOG_DEBUG, line);
    }
  }
}

void ServerEndpoint::Branch::warn_seldom(const std::string& line, const std::string& cause) {
  warnings.warn(line, cause, [&](int level, const std::string& text) { log(level, text); });
}

/// Whoever sets up a peer wants to see why it does not get in; whoever scans our port must not fill the log.
bool ServerEndpoint::warn_seldom(const std::string& line, const std::string& cause, Seldom& warnings) {
  return warnings.warn(line, cause, [&](int level, const std::string& text) { log(level, text); });
}

void ServerEndpoint::on_left(Peer& peer, const std::string& text) {
  if (Branch* const branch = branch_of(peer)) branch->left_unread.insert(&peer);
  peer.log(EKWS_LOG_INFO, peer.connection().remote_address() + ": " + text);
}

void ServerEndpoint::on_unfinished(const Peer& peer, std::size_t before) {
  unfinished_ = unfinished_ - before + peer.unfinished();
  while (unfinished_ > listen_.max_buffered_bytes) {
    const auto largest = std::max_element(peers().begin(), peers().end(), [](const auto& a, const auto& b) {
      return a.second->unfinished() < b.second->unfinished();
    });
    const auto guilty = largest->second;  // rejecting takes it out
    const std::string what = "incomplete messages of all connections are more than " +
                             std::to_string(listen_.max_buffered_bytes) + " bytes (maxBufferedBytes)";
    guilty->connection().reject(net::kTryAgainLater, what,
                                {EKWS_E_BUFFERED, what + ", and this one's is the largest; closed with 1013"});
    if (guilty->unfinished() != 0) return;
  }
}

}  // namespace ekws::core

#include "core/client_endpoint.h"

#include <exception>
#include <utility>

#include "config/header.h"
#include "core/metadata.h"
#include "core/retry_after.h"
#include "core/tls_identity.h"

namespace ekws::core {

std::string host_header(const config::Dial& dial) {
  const bool standard = dial.port == (dial.tls ? 443 : 80);
  const std::string full = net::join_host_port(dial.host, dial.port);
  return standard ? full.substr(0, full.rfind(':')) : full;
}

std::string with_address(const config::Dial& dial, const std::string& text) {
  const std::string where = net::join_host_port(dial.host, dial.port);
  return text.find(where) == std::string::npos ? where + ": " + text : text;
}

namespace {

/// What is told once. Which of a name's addresses was the last one makes no difference.
std::string cause_of(const Error& why, const net::Address& remote) {
  std::string cause = std::to_string(why.code) + " " + why.text;
  const std::string address = net::to_string(remote);
  const std::size_t at = cause.find(address);
  if (at != std::string::npos) cause.erase(at, address.size());
  return cause;
}

}  // namespace

ClientEndpoint::ClientEndpoint(std::shared_ptr<net::IoLoop> io, const config::Config& config,
                               std::shared_ptr<net::TlsContext> tls)
    : Endpoint(std::move(io), std::move(tls)),
      dial_(config.dial),
      limits_(config.limits),
      retry_(Endpoint::io(), config.dial.reconnect_initial, config.dial.reconnect_max) {}

ClientEndpoint::~ClientEndpoint() = default;

std::string ClientEndpoint::key(const config::Config& config) {
  const config::Dial& dial = config.dial;
  const config::Limits& limits = config.limits;
  std::string key = "dial " + net::join_host_port(dial.host, dial.port) + dial.target;
  for (const auto& [property, value] : tls_identity(dial.tls)) key += "\n" + value;
  for (const auto& [name, value] : dial.headers) key += "\n" + name + ": " + value;
  key += "\n" + dial.header_file + "\n" + std::to_string(limits.max_message_bytes) + " " +
         std::to_string(limits.max_fragments);
  if (limits.compression.on) key += " deflate " + std::to_string(limits.compression.window_bits);
  for (const auto value : {limits.handshake_timeout, limits.close_timeout, limits.ping_interval, limits.pong_timeout,
                           limits.fragment_timeout, limits.idle_timeout, dial.connect_timeout, dial.reconnect_initial,
                           dial.reconnect_max, dial.reconnect_stable}) {
    key += " " + std::to_string(value.count());
  }
  return key;
}

void ClientEndpoint::open() {
  wanted_ = true;
  tell(EKWS_STATE_CONNECTING, {});
  dial();
}

void ClientEndpoint::close() {
  wanted_ = false;
  retry_.cancel();
  if (const auto dialer = std::exchange(dialer_, nullptr)) dialer->cancel();
}

void ClientEndpoint::reopen() {
  if (!peers().empty()) return;
  if (retry_.waiting()) {
    if (is_up()) tell(EKWS_STATE_DISCONNECTED, "out of memory");  // why it was lost could not be told
    return;
  }
  if (dialer_ == nullptr) return lost({EKWS_E_MEMORY, "out of memory"});
  // It may be the one that came to a stop.
  std::exchange(dialer_, nullptr)->cancel();
  dial();
}

void ClientEndpoint::joined(const SubscriptionPtr& subscription) {
  for (const auto& [key, peer] : peers()) peer->add_feed(subscription);
}

void ClientEndpoint::dial() {
  const std::weak_ptr<Endpoint> weak = weak_from_this();
  dialer_ = std::make_shared<net::Dialer>(io(), dial_.host, dial_.port, dial_.connect_timeout,
                                          [weak](Fd fd, const net::Address& remote, const Error& error) {
                                            const auto self = std::static_pointer_cast<ClientEndpoint>(weak.lock());
                                            if (!self) return;
                                            self->dialer_ = nullptr;
                                            self->remote_ = remote;
                                            if (error) return self->lost(error);
                                            self->dialled(std::move(fd), remote);
                                          });
  dialer_->start(behind_);
}

void ClientEndpoint::dialled(Fd fd, const net::Address& remote) {
  std::shared_ptr<Peer> peer;
  try {
    auto headers = config::with_header_file(dial_.headers, dial_.header_file);
    peer = add_peer(std::move(fd), remote, limits_, dial_.host);
    for (const auto& subscription : subscriptions()) peer->add_feed(subscription);
    peer->connection().start_client({host_header(dial_), dial_.target, std::move(headers)});
  } catch (const Failure& failure) {
    if (peer) remove_peer(*peer);
    lost(failure.error());
  } catch (const std::exception& e) {
    if (peer) remove_peer(*peer);
    lost({EKWS_E_INTERNAL, std::string("cannot use the connection: ") + e.what()});
  }
}

void ClientEndpoint::on_open(Peer& peer) {
  opened_at_ = std::chrono::steady_clock::now();
  const net::Connection& connection = peer.connection();
  peer.set_metadata(to_json(
      {connection.id(), connection.remote_address(), dial_.target, host_header(dial_), {}, connection.subprotocol()}));
  last_cause_.clear();
  told_ = {};
  tell(EKWS_STATE_CONNECTED, {});
}

void ClientEndpoint::on_closed(Peer& peer, const Error& why, bool was_open) {
  if (!was_open) {
    behind_ = remote_;
  } else if (std::chrono::steady_clock::now() - opened_at_ >= dial_.reconnect_stable) {
    behind_ = {};
    retry_.reset();
  }
  const std::string retry_after = peer.connection().retry_after();
  remove_peer(peer);
  if (wanted_) lost(why, retry_after);
}

void ClientEndpoint::on_left(Peer&, const std::string& text) {
  tell(EKWS_STATE_DISCONNECTED, with_address(dial_, text));
}

void ClientEndpoint::lost(const Error& why, const std::string& retry_after) {
  const auto asked = parse_retry_after(retry_after, std::chrono::system_clock::now());
  const std::weak_ptr<Endpoint> weak = weak_from_this();
  retry_.schedule(
      [weak] {
        const auto self = std::static_pointer_cast<ClientEndpoint>(weak.lock());
        if (!self || !self->wanted_) return;
        self->tell(EKWS_STATE_CONNECTING, {});
        self->dial();
      },
      asked.value_or(Retry::Millis(0)));
  // Once a loss, and again when the cause changes, causes that take turns once a minute each: every `disconnected`
  // costs the reader an error.
  const std::string cause = cause_of(why, remote_);
  if (cause == last_cause_ || !told_.tell(cause, Seldom::Clock::now())) return;
  last_cause_ = cause;
  tell(EKWS_STATE_DISCONNECTED, with_address(dial_, why.text) + (asked ? "; it says when to try again" : ""));
}

}  // namespace ekws::core

// WebSocket peers that are not our code: Boost.Beast. Each runs on the thread that uses it, every step with a deadline.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::asio::ip::tcp;

constexpr std::chrono::seconds kPeerDeadline(30);

/// One WebSocket connection, of either role, over `Lower`: a TCP socket, or what is made of one.
template <typename Lower>
class BasicPeer {
 public:
  template <typename... LowerArguments>
  explicit BasicPeer(LowerArguments&... lower) : stream_(io_, lower...) {
    stream_.read_message_max(64U << 20U);
  }
  virtual ~BasicPeer() = default;
  BasicPeer(const BasicPeer&) = delete;
  BasicPeer& operator=(const BasicPeer&) = delete;

  /// Connects to a server of ours.
  void open(std::uint16_t port, const std::string& target, std::chrono::milliseconds deadline = kPeerDeadline) {
    const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
    run([&](auto done) { socket().async_connect(endpoint, [done](auto ec) { done(ec); }); }, deadline);
    if (error_) return;
    keep_little();
    if (!secure(false)) return;
    websocket::response_type response;
    run(
        [&](auto done) {
          stream_.async_handshake(response, "127.0.0.1:" + std::to_string(port), target, [done](auto ec) { done(ec); });
        },
        deadline);
    const bool answered = !error_ || error_ == websocket::error::upgrade_declined;
    status_ = answered ? static_cast<int>(response.result_int()) : 0;
  }

  bool send(const std::string& payload, bool binary = false) {
    stream_.binary(binary);
    return run(
        [&](auto done) { stream_.async_write(boost::asio::buffer(payload), [done](auto ec, auto) { done(ec); }); });
  }
  bool ping() {
    return run([&](auto done) { stream_.async_ping({}, [done](auto ec) { done(ec); }); });
  }
  /// Reads until the peer closes; the code of its close frame, 0 when it went without one.
  int read_to_close(std::chrono::milliseconds deadline = kPeerDeadline) {
    beast::flat_buffer buffer;
    while (run([&](auto done) { stream_.async_read(buffer, [done](auto ec, auto) { done(ec); }); }, deadline)) {
      buffer.clear();
    }
    return error_ == websocket::error::closed ? stream_.reason().code : 0;
  }
  std::string close_reason() const { return {stream_.reason().reason.data(), stream_.reason().reason.size()}; }
  /// The closing handshake, from our side.
  bool close(std::uint16_t code, const std::string& reason = {}) {
    const websocket::close_reason why(static_cast<websocket::close_code>(code), reason);
    return run([&](auto done) { stream_.async_close(why, [done](auto ec) { done(ec); }); });
  }
  /// Gone without a word.
  void drop() {
    beast::error_code ignored;
    socket().close(ignored);
  }

  /// Of the answer to open(): 101 where it was let in, 0 where none came.
  int status() const { return status_; }
  const beast::error_code& error() const { return error_; }
  std::string local() {
    const auto endpoint = socket().local_endpoint();
    return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
  }
  /// What a client of ours asked for (server role).
  const beast::http::request<beast::http::string_body>& request() const { return request_; }

  /// What comes before HTTP.
  virtual bool secure(bool /*server*/) { return true; }

 protected:
  template <typename>
  friend class BasicListener;

  /// The kernel is to hold little of what we send, so that a receiver that stops reading is felt soon.
  void keep_little() { socket().set_option(tcp::socket::send_buffer_size(64 * 1024)); }

  tcp::socket& socket() { return beast::get_lowest_layer(stream_); }
  /// One asynchronous step, waited for. False where it failed or took too long; then the connection is closed.
  template <typename Start>
  bool run(Start start, std::chrono::milliseconds deadline = kPeerDeadline) {
    bool finished = false;
    start([&](beast::error_code ec) {
      error_ = ec;
      finished = true;
    });
    io_.restart();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!finished && std::chrono::steady_clock::now() < end) io_.run_one_until(end);
    if (!finished) {
      drop();
      io_.restart();
      io_.run();
      error_ = beast::error::timeout;
    }
    return !error_;
  }

  boost::asio::io_context io_{1};
  websocket::stream<Lower> stream_;
  beast::http::request<beast::http::string_body> request_;
  beast::error_code error_;
  int status_ = 0;
};

class Peer : public BasicPeer<tcp::socket> {
 public:
  /// Connects to a server of ours. `status()` is 101 where it was let in.
  static std::unique_ptr<Peer> connect(std::uint16_t port, const std::string& target,
                                       std::chrono::milliseconds deadline = kPeerDeadline) {
    auto peer = std::make_unique<Peer>();
    peer->open(port, target, deadline);
    return peer;
  }
};

/// What clients of ours connect to.
template <typename SomePeer>
class BasicListener {
 public:
  using Make = std::function<std::unique_ptr<SomePeer>()>;

  explicit BasicListener(
      std::uint16_t port = 0, Make make = [] { return std::make_unique<SomePeer>(); })
      : make_(std::move(make)), acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), port)) {}

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  /// The next connection, its handshake done; null when none comes within the deadline.
  std::unique_ptr<SomePeer> accept(std::chrono::milliseconds deadline = kPeerDeadline) {
    auto peer = try_accept(deadline);
    EXPECT_FALSE(peer && peer->error_) << peer->error_.message();
    return peer;
  }

  /// The same for a client that may give up halfway.
  std::unique_ptr<SomePeer> try_accept(std::chrono::milliseconds deadline) {
    auto peer = accept_tcp(deadline);
    if (!peer) return nullptr;
    peer->keep_little();
    if (!peer->secure(true)) return peer;
    beast::flat_buffer buffer;
    if (peer->run([&](auto done) {
          beast::http::async_read(peer->stream_.next_layer(), buffer, peer->request_,
                                  [done](auto ec, auto) { done(ec); });
        })) {
      peer->run([&](auto done) { peer->stream_.async_accept(peer->request_, [done](auto ec) { done(ec); }); });
    }
    return peer;
  }

  /// The next connection answers its request with this and closes; false when none comes.
  bool answer(const std::string& response, std::chrono::milliseconds deadline = kPeerDeadline) {
    const auto peer = accept_tcp(deadline);
    if (!peer || !peer->secure(true)) return false;
    beast::flat_buffer buffer;
    if (!peer->run([&](auto done) {
          beast::http::async_read(peer->stream_.next_layer(), buffer, peer->request_,
                                  [done](auto ec, auto) { done(ec); });
        })) {
      return false;
    }
    return peer->run([&](auto done) {
      boost::asio::async_write(peer->stream_.next_layer(), boost::asio::buffer(response),
                               [done](auto ec, auto) { done(ec); });
    });
  }

 private:
  std::unique_ptr<SomePeer> accept_tcp(std::chrono::milliseconds deadline) {
    auto peer = make_();
    bool accepted = false;
    bool finished = false;
    acceptor_.async_accept(peer->socket(), [&](auto ec) {
      accepted = !ec;
      finished = true;
    });
    io_.restart();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!finished && std::chrono::steady_clock::now() < end) io_.run_one_until(end);
    if (!finished) {
      acceptor_.cancel();
      io_.restart();
      io_.run();
    }
    return accepted ? std::move(peer) : nullptr;
  }

  const Make make_;
  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_;
};

using Listener = BasicListener<Peer>;

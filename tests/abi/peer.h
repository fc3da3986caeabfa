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
#include <string>

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::asio::ip::tcp;

constexpr std::chrono::seconds kPeerDeadline(30);

/// One WebSocket connection, of either role. What is made of Beast's templates is in peer_over.h, compiled once for TCP
/// and once for TLS: it takes a minute with sanitizers.
class Peer {
 public:
  /// Connects to a server of ours.
  static std::unique_ptr<Peer> connect(std::uint16_t port, const std::string& target,
                                       std::chrono::milliseconds deadline = kPeerDeadline,
                                       const websocket::permessage_deflate& compression = {});
  virtual ~Peer() = default;

  virtual bool send(const std::string& payload, bool binary = false) = 0;
  /// A frame of a message; `last` ends it.
  virtual bool send_part(const std::string& payload, bool last) = 0;
  virtual bool ping() = 0;
  /// Reads until the peer closes; the code of its close frame, 0 when it went without one.
  virtual int read_to_close(std::chrono::milliseconds deadline = kPeerDeadline) = 0;
  virtual std::string close_reason() const = 0;
  /// The closing handshake, from our side.
  virtual bool close(std::uint16_t code, const std::string& reason = {}) = 0;
  /// Gone without a word.
  void drop();

  /// Of the answer to connect(): 101 where it was let in, 0 where none came.
  int status() const { return status_; }
  /// What a server of ours answered an offer with.
  const std::string& extensions() const { return extensions_; }
  const beast::error_code& error() const { return error_; }
  std::string local();
  /// What a client of ours asked for (server role).
  const beast::http::request<beast::http::string_body>& request() const { return request_; }

 protected:
  friend class Listener;

  /// The client's handshakes, from TCP on.
  virtual void open(std::uint16_t port, const std::string& target, std::chrono::milliseconds deadline,
                    const websocket::permessage_deflate& compression) = 0;
  /// The server's, behind TCP.
  virtual void accept(const websocket::permessage_deflate& compression) = 0;
  /// Reads a request and answers with this.
  virtual bool answer(const std::string& response) = 0;
  virtual tcp::socket& socket() = 0;

  /// The kernel is to hold little of what we send, so that a receiver that stops reading is felt soon.
  void keep_little();

  boost::asio::io_context io_{1};
  beast::http::request<beast::http::string_body> request_;
  beast::error_code error_;
  int status_ = 0;
  std::string extensions_;
};

/// What clients of ours connect to.
class Listener {
 public:
  using Make = std::function<std::unique_ptr<Peer>()>;

  explicit Listener(std::uint16_t port = 0);
  Listener(std::uint16_t port, Make make);
  ~Listener();

  std::uint16_t port() const;

  /// Whether those who connect may compress; off at first.
  void set_compression(const websocket::permessage_deflate& compression) { compression_ = compression; }

  /// The next connection, its handshake done; null when none comes within the deadline.
  std::unique_ptr<Peer> accept(std::chrono::milliseconds deadline = kPeerDeadline);
  /// The same for a client that may give up halfway.
  std::unique_ptr<Peer> try_accept(std::chrono::milliseconds deadline);
  /// The next connection answers its request with this and closes; false when none comes.
  bool answer(const std::string& response, std::chrono::milliseconds deadline = kPeerDeadline);

 private:
  std::unique_ptr<Peer> accept_tcp(std::chrono::milliseconds deadline);

  const Make make_;
  boost::asio::io_context io_{1};
  tcp::acceptor acceptor_;
  websocket::permessage_deflate compression_;
};

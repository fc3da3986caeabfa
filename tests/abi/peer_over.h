// Peers of peer.h over whatever carries them: a TCP socket, or TLS on one. For the two .cpp that are made of it.
#pragma once

#include <utility>

#include "peer.h"

/// `Base` is Peer, or what adds to it.
template <typename Base, typename Lower>
class PeerOver : public Base {
 public:
  template <typename... LowerArguments>
  explicit PeerOver(LowerArguments&... lower) : stream_(this->io_, lower...) {
    stream_.read_message_max(64U << 20U);
  }

  bool send(const std::string& payload, bool binary) override {
    stream_.binary(binary);
    return run(
        [&](auto done) { stream_.async_write(boost::asio::buffer(payload), [done](auto ec, auto) { done(ec); }); });
  }

  bool send_part(const std::string& payload, bool last) override {
    stream_.auto_fragment(false);
    return run([&](auto done) {
      stream_.async_write_some(last, boost::asio::buffer(payload), [done](auto ec, auto) { done(ec); });
    });
  }

  bool ping() override {
    return run([&](auto done) { stream_.async_ping({}, [done](auto ec) { done(ec); }); });
  }

  int read_to_close(std::chrono::milliseconds deadline) override {
    beast::flat_buffer buffer;
    while (run([&](auto done) { stream_.async_read(buffer, [done](auto ec, auto) { done(ec); }); }, deadline)) {
      buffer.clear();
    }
    return this->error_ == websocket::error::closed ? stream_.reason().code : 0;
  }

  std::string close_reason() const override { return {stream_.reason().reason.data(), stream_.reason().reason.size()}; }

  bool close(std::uint16_t code, const std::string& reason) override {
    const websocket::close_reason why(static_cast<websocket::close_code>(code), reason);
    return run([&](auto done) { stream_.async_close(why, [done](auto ec) { done(ec); }); });
  }

 protected:
  /// What comes before HTTP.
  virtual bool secure(bool /*server*/) { return true; }

  Lower& lower() { return stream_.next_layer(); }
  tcp::socket& socket() override { return beast::get_lowest_layer(stream_); }

  void open(std::uint16_t port, const std::string& target, std::chrono::milliseconds deadline,
            const websocket::permessage_deflate& compression) override {
    stream_.set_option(compression);
    const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
    if (!run([&](auto done) { socket().async_connect(endpoint, [done](auto ec) { done(ec); }); }, deadline)) return;
    this->keep_little();
    if (!secure(false)) return;
    websocket::response_type response;
    run(
        [&](auto done) {
          stream_.async_handshake(response, "127.0.0.1:" + std::to_string(port), target, [done](auto ec) { done(ec); });
        },
        deadline);
    const bool answered = !this->error_ || this->error_ == websocket::error::upgrade_declined;
    this->status_ = answered ? static_cast<int>(response.result_int()) : 0;
    this->extensions_ = std::string(response["Sec-WebSocket-Extensions"]);
  }

  void accept(const websocket::permessage_deflate& compression) override {
    stream_.set_option(compression);
    if (!secure(true) || !read_request()) return;
    run([&](auto done) { stream_.async_accept(this->request_, [done](auto ec) { done(ec); }); });
  }

  bool answer(const std::string& response) override {
    return secure(true) && read_request() && run([&](auto done) {
             boost::asio::async_write(lower(), boost::asio::buffer(response), [done](auto ec, auto) { done(ec); });
           });
  }

  /// One asynchronous step, waited for. False where it failed or took too long; then the connection is closed.
  template <typename Start>
  bool run(Start start, std::chrono::milliseconds deadline = kPeerDeadline) {
    bool finished = false;
    start([&](beast::error_code ec) {
      this->error_ = ec;
      finished = true;
    });
    this->io_.restart();
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!finished && std::chrono::steady_clock::now() < end) this->io_.run_one_until(end);
    if (!finished) {
      this->drop();
      this->io_.restart();
      this->io_.run();
      this->error_ = beast::error::timeout;
    }
    return !this->error_;
  }

 private:
  bool read_request() {
    beast::flat_buffer buffer;
    return run([&](auto done) {
      beast::http::async_read(lower(), buffer, this->request_, [done](auto ec, auto) { done(ec); });
    });
  }

  websocket::stream<Lower> stream_;
};

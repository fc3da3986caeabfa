#include "peer.h"

std::unique_ptr<Peer> Peer::connect(std::uint16_t port, const std::string& target, std::chrono::milliseconds deadline,
                                    const websocket::permessage_deflate& compression) {
  auto peer = std::make_unique<Peer>();
  peer->stream_.set_option(compression);
  const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
  peer->run([&](auto done) { peer->socket().async_connect(endpoint, [done](auto ec) { done(ec); }); }, deadline);
  if (peer->error_) return peer;
  peer->keep_little();
  websocket::response_type response;
  peer->run(
      [&](auto done) {
        peer->stream_.async_handshake(response, "127.0.0.1:" + std::to_string(port), target,
                                      [done](auto ec) { done(ec); });
      },
      deadline);
  peer->status_ = static_cast<int>(response.result_int());
  peer->extensions_ = std::string(response["Sec-WebSocket-Extensions"]);
  return peer;
}

Peer::Peer() { stream_.read_message_max(64U << 20U); }
Peer::~Peer() = default;

bool Peer::send(const std::string& payload, bool binary) {
  stream_.binary(binary);
  return run(
      [&](auto done) { stream_.async_write(boost::asio::buffer(payload), [done](auto ec, auto) { done(ec); }); });
}

bool Peer::send_part(const std::string& payload, bool last) {
  stream_.auto_fragment(false);
  return run([&](auto done) {
    stream_.async_write_some(last, boost::asio::buffer(payload), [done](auto ec, auto) { done(ec); });
  });
}

bool Peer::ping() {
  return run([&](auto done) { stream_.async_ping({}, [done](auto ec) { done(ec); }); });
}

int Peer::read_to_close(std::chrono::milliseconds deadline) {
  beast::flat_buffer buffer;
  while (run([&](auto done) { stream_.async_read(buffer, [done](auto ec, auto) { done(ec); }); }, deadline)) {
    buffer.clear();
  }
  return error_ == websocket::error::closed ? stream_.reason().code : 0;
}

std::string Peer::close_reason() const { return {stream_.reason().reason.data(), stream_.reason().reason.size()}; }

bool Peer::close(std::uint16_t code, const std::string& reason) {
  const websocket::close_reason why(static_cast<websocket::close_code>(code), reason);
  return run([&](auto done) { stream_.async_close(why, [done](auto ec) { done(ec); }); });
}

void Peer::drop() {
  beast::error_code ignored;
  socket().close(ignored);
}

std::string Peer::local() {
  const auto endpoint = socket().local_endpoint();
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

void Peer::keep_little() { socket().set_option(tcp::socket::send_buffer_size(64 * 1024)); }

template <typename Start>
bool Peer::run(Start start, std::chrono::milliseconds deadline) {
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

Listener::Listener(std::uint16_t port) : acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), port)) {}
Listener::~Listener() = default;

std::uint16_t Listener::port() const { return acceptor_.local_endpoint().port(); }

std::unique_ptr<Peer> Listener::accept(std::chrono::milliseconds deadline) {
  auto peer = try_accept(deadline);
  EXPECT_FALSE(peer && peer->error_) << peer->error_.message();
  return peer;
}

std::unique_ptr<Peer> Listener::try_accept(std::chrono::milliseconds deadline) {
  auto peer = accept_tcp(deadline);
  if (!peer) return nullptr;
  peer->keep_little();
  beast::flat_buffer buffer;
  if (peer->run([&](auto done) {
        beast::http::async_read(peer->socket(), buffer, peer->request_, [done](auto ec, auto) { done(ec); });
      })) {
    peer->run([&](auto done) { peer->stream_.async_accept(peer->request_, [done](auto ec) { done(ec); }); });
  }
  return peer;
}

bool Listener::answer(const std::string& response, std::chrono::milliseconds deadline) {
  const auto peer = accept_tcp(deadline);
  if (!peer) return false;
  beast::flat_buffer buffer;
  if (!peer->run([&](auto done) {
        beast::http::async_read(peer->socket(), buffer, peer->request_, [done](auto ec, auto) { done(ec); });
      })) {
    return false;
  }
  return peer->run([&](auto done) {
    boost::asio::async_write(peer->socket(), boost::asio::buffer(response), [done](auto ec, auto) { done(ec); });
  });
}

std::unique_ptr<Peer> Listener::accept_tcp(std::chrono::milliseconds deadline) {
  auto peer = std::make_unique<Peer>();
  peer->stream_.set_option(compression_);
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

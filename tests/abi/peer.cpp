#include "peer.h"

#include <utility>

#include "peer_over.h"

namespace {

using PlainPeer = PeerOver<Peer, tcp::socket>;

class OpenPeer : public PlainPeer {
 public:
  using PlainPeer::open;
};

}  // namespace

std::unique_ptr<Peer> Peer::connect(std::uint16_t port, const std::string& target, std::chrono::milliseconds deadline,
                                    const websocket::permessage_deflate& compression) {
  auto peer = std::make_unique<OpenPeer>();
  peer->open(port, target, deadline, compression);
  return peer;
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

Listener::Listener(std::uint16_t port) : Listener(port, [] { return std::make_unique<PlainPeer>(); }) {}
Listener::Listener(std::uint16_t port, Make make)
    : make_(std::move(make)), acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), port)) {}
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
  peer->accept(compression_);
  return peer;
}

bool Listener::answer(const std::string& response, std::chrono::milliseconds deadline) {
  const auto peer = accept_tcp(deadline);
  return peer && peer->answer(response);
}

std::unique_ptr<Peer> Listener::accept_tcp(std::chrono::milliseconds deadline) {
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

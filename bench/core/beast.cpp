#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <functional>
#include <stdexcept>

#include "receiver.h"

namespace ekws_bench {

namespace {

namespace beast = boost::beast;
namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;

template <typename Stream>
void read_all(boost::asio::io_context& io, Stream& stream, const Work& work, const Received& received) {
  if (work.compressed) {
    beast::websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    stream.set_option(deflate);
  }
  stream.accept();
  beast::flat_buffer buffer;
  std::uint64_t left = work.messages;
  std::function<void()> next = [&] {
    stream.async_read(buffer, [&](beast::error_code ec, std::size_t size) {
      if (ec || size != work.size) throw std::runtime_error("read: " + ec.message());
      buffer.consume(size);
      received(1);
      if (--left > 0) next();
    });
  };
  next();
  io.run();
}

}  // namespace

void receive(const Work& work, const Ready& ready, const Received& received) {
  boost::asio::io_context io(1);
  tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  ready(acceptor.local_endpoint().port());
  if (!work.tls()) {
    beast::websocket::stream<tcp::socket> stream(io);
    acceptor.accept(stream.next_layer());
    return read_all(io, stream, work, received);
  }
  ssl::context context(ssl::context::tlsv13_server);
  context.use_certificate_chain_file(work.certificate());
  context.use_private_key_file(work.key(), ssl::context::pem);
  beast::websocket::stream<ssl::stream<tcp::socket>> stream(io, context);
  acceptor.accept(stream.next_layer().next_layer());
  stream.next_layer().handshake(ssl::stream_base::server);
  read_all(io, stream, work, received);
}

}  // namespace ekws_bench

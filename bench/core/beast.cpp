#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <functional>
#include <stdexcept>

#include "receiver.h"

namespace ekws_bench {

void receive(const Work& work, const Ready& ready, const Received& received) {
  namespace beast = boost::beast;
  using boost::asio::ip::tcp;
  boost::asio::io_context io(1);
  tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  ready(acceptor.local_endpoint().port());
  beast::websocket::stream<tcp::socket> stream(io);
  acceptor.accept(stream.next_layer());
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

}  // namespace ekws_bench

#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include "receiver.h"

namespace ekws_bench {

void receive(const Work& work, const Ready& ready, const Received& received) {
  using Server = websocketpp::server<websocketpp::config::asio>;
  Server server;
  server.clear_access_channels(websocketpp::log::alevel::all);
  server.clear_error_channels(websocketpp::log::elevel::all);
  server.init_asio();
  std::uint64_t left = work.messages;
  server.set_message_handler([&](const websocketpp::connection_hdl&, const Server::message_ptr& message) {
    if (message->get_payload().size() != work.size) throw std::runtime_error("wrong size");
    received(1);
    if (--left == 0) server.stop();
  });
  server.listen(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  server.start_accept();
  asio::error_code ec;
  ready(server.get_local_endpoint(ec).port());
  server.run();
}

}  // namespace ekws_bench

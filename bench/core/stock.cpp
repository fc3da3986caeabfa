#include <websocketpp/config/asio.hpp>
#include <websocketpp/extensions/permessage_deflate/enabled.hpp>
#include <websocketpp/server.hpp>

#include "receiver.h"

namespace ekws_bench {

namespace {

struct Deflating : websocketpp::config::asio {
  struct permessage_deflate_config {};
  using permessage_deflate_type = websocketpp::extensions::permessage_deflate::enabled<permessage_deflate_config>;
};

void prepare(websocketpp::server<websocketpp::config::asio_tls>& server, const Work& work) {
  server.set_tls_init_handler([&work](const websocketpp::connection_hdl&) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tlsv13_server);
    context->use_certificate_chain_file(work.certificate());
    context->use_private_key_file(work.key(), asio::ssl::context::pem);
    return context;
  });
}
template <typename Server>
void prepare(Server&, const Work&) {}

template <typename Config>
void run(const Work& work, const Ready& ready, const Received& received) {
  using Server = websocketpp::server<Config>;
  Server server;
  server.clear_access_channels(websocketpp::log::alevel::all);
  server.clear_error_channels(websocketpp::log::elevel::all);
  server.init_asio();
  prepare(server, work);
  std::uint64_t left = work.messages;
  server.set_message_handler([&](const websocketpp::connection_hdl&, const typename Server::message_ptr& message) {
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

}  // namespace

void receive(const Work& work, const Ready& ready, const Received& received) {
  if (work.tls()) return run<websocketpp::config::asio_tls>(work, ready, received);
  if (work.compressed) return run<Deflating>(work, ready, received);
  run<websocketpp::config::asio>(work, ready, received);
}

}  // namespace ekws_bench

// What we take of websocketpp: its HTTP parser, its handshake and the frames that we send. Included by session.cpp
// only, since these headers compile slowly.
#pragma once

#include <openssl/rand.h>

#include <cstdint>
#include <memory>
#include <string>
#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/processors/hybi13.hpp>

namespace ekws::net::wspp {

/// Masking keys and handshake nonces have to be unpredictable (RFC 6455 sections 5.3 and 10.3).
struct Random {
  std::uint32_t operator()() const {
    std::uint32_t value = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value) != 1) throw std::bad_alloc();
    return value;
  }
};

/// A frame of ours. What comes from the peer is read by FrameReader; the rest of what a message has to offer is what
/// the processor's code for that wants to compile.
class Message {
 public:
  using ptr = std::shared_ptr<Message>;
  using Opcode = websocketpp::frame::opcode::value;

  std::string& get_raw_payload() { return payload_; }
  const std::string& get_payload() const { return payload_; }
  const std::string& get_header() const { return header_; }
  void set_header(const std::string& header) { header_ = header; }
  Opcode get_opcode() const { return opcode_; }
  void set_opcode(Opcode op) { opcode_ = op; }
  bool get_compressed() const { return false; }
  void set_compressed(bool) {}
  bool get_fin() const { return true; }
  void set_prepared(bool) {}

 private:
  Opcode opcode_ = websocketpp::frame::opcode::CONTINUATION;
  std::string header_;
  std::string payload_;
};

/// Where the processor would take messages of the peer's from; it never does.
class MessagePool {
 public:
  using ptr = std::shared_ptr<MessagePool>;

  Message::ptr get_message(Message::Opcode, std::size_t) { return std::make_shared<Message>(); }
};

struct Config {
  using request_type = websocketpp::http::parser::request;
  using response_type = websocketpp::http::parser::response;
  using message_type = Message;
  using con_msg_manager_type = MessagePool;
  using rng_type = Random;

  static constexpr bool enable_extensions = true;
  static constexpr std::size_t max_message_size = 0;  // FrameReader has the limit

  struct permessage_deflate_config {};
  using permessage_deflate_type = websocketpp::extensions::permessage_deflate::disabled<permessage_deflate_config>;
};

using Processor = websocketpp::processor::hybi13<Config>;

}  // namespace ekws::net::wspp

// What we take of websocketpp: its RFC 6455 processor and its HTTP parser, set up for us. Included by session.cpp only,
// since these headers compile slowly.
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

/// A message being put together, or a control frame to be sent.
class Message {
 public:
  using ptr = std::shared_ptr<Message>;
  using Opcode = websocketpp::frame::opcode::value;

  void start(Opcode op, std::size_t size) {
    opcode_ = op;
    compressed_ = false;
    header_.clear();
    payload_.clear();
    // The size is what the peer promises: memory follows the bytes, not the promise. (For a continuation frame the
    // processor does reserve what is promised, up to the limit: address space, until the bytes come.)
    payload_.reserve(size < kTrustedReserve ? size : kTrustedReserve);
  }

  std::string& get_raw_payload() { return payload_; }
  const std::string& get_payload() const { return payload_; }
  const std::string& get_header() const { return header_; }
  void set_header(const std::string& header) { header_ = header; }
  Opcode get_opcode() const { return opcode_; }
  void set_opcode(Opcode op) { opcode_ = op; }
  bool get_compressed() const { return compressed_; }
  void set_compressed(bool value) { compressed_ = value; }
  bool get_fin() const { return true; }
  void set_prepared(bool) {}

 private:
  static constexpr std::size_t kTrustedReserve = 64 * 1024;

  Opcode opcode_ = websocketpp::frame::opcode::CONTINUATION;
  bool compressed_ = false;
  std::string header_;
  std::string payload_;
};

/// Gives messages to the processor and takes them back: at most one data and one control message of the peer's are
/// under way, and one control frame of ours.
class MessagePool {
 public:
  using ptr = std::shared_ptr<MessagePool>;

  /// For a frame of ours.
  Message::ptr get_message() { return start(outgoing_, websocketpp::frame::opcode::CONTINUATION, 0); }
  /// For the peer's.
  Message::ptr get_message(Message::Opcode op, std::size_t size) {
    return start(websocketpp::frame::opcode::is_control(op) ? control_ : data_, op, size);
  }

  /// Of the data message that is being put together.
  std::size_t data_size() const { return data_ ? data_->get_payload().size() : 0; }
  /// No more of it is wanted.
  void drop_data() {
    if (data_) std::string().swap(data_->get_raw_payload());
  }

 private:
  static Message::ptr start(Message::ptr& slot, Message::Opcode op, std::size_t size) {
    if (!slot || slot.use_count() != 1) slot = std::make_shared<Message>();
    slot->start(op, size);
    return slot;
  }

  Message::ptr data_;
  Message::ptr control_;
  Message::ptr outgoing_;
};

struct Config {
  using request_type = websocketpp::http::parser::request;
  using response_type = websocketpp::http::parser::response;
  using message_type = Message;
  using con_msg_manager_type = MessagePool;
  using rng_type = Random;

  static constexpr bool enable_extensions = true;
  static constexpr std::size_t max_message_size = 0;  // set for each session

  struct permessage_deflate_config {};
  using permessage_deflate_type = websocketpp::extensions::permessage_deflate::disabled<permessage_deflate_config>;
};

using Processor = websocketpp::processor::hybi13<Config>;

}  // namespace ekws::net::wspp

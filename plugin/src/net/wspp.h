// What we take of websocketpp: its RFC 6455 processor and its HTTP parser, set up for us. Included by session.cpp only,
// since these headers compile slowly.
#pragma once

#include <openssl/rand.h>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
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
    begun_ = false;
    header_.clear();
    payload_.clear();
    // The size is what the peer promises: memory follows the bytes, not the promise. (For a continuation frame the
    // processor does reserve what is promised, up to the limit: address space, until the bytes come.)
    payload_.reserve(size < kTrustedReserve ? size : kTrustedReserve);
  }

  /// Little memory is kept for the next message; more would add up over idle connections.
  void drop_payload() {
    if (payload_.capacity() > kKeptCapacity) std::string().swap(payload_);
    payload_.clear();
  }

  std::string& get_raw_payload() { return payload_; }
  const std::string& get_payload() const { return payload_; }
  const std::string& get_header() const { return header_; }
  void set_header(const std::string& header) { header_ = header; }
  /// The processor would look for UTF-8 in a text: compressed, it is just bytes.
  Opcode get_opcode() const { return compressed_ ? websocketpp::frame::opcode::BINARY : opcode_; }
  void set_opcode(Opcode op) { opcode_ = op; }
  bool is_text() const { return opcode_ == websocketpp::frame::opcode::TEXT; }
  bool get_compressed() const { return compressed_; }
  /// By the processor, once for each data message, at the header of its first frame.
  void set_compressed(bool value) {
    compressed_ = value;
    begun_ = true;
  }
  bool begun() const { return begun_; }
  bool get_fin() const { return true; }
  void set_prepared(bool) {}

 private:
  static constexpr std::size_t kTrustedReserve = 64 * 1024;
  static constexpr std::size_t kKeptCapacity = 4 * 1024;

  Opcode opcode_ = websocketpp::frame::opcode::CONTINUATION;
  bool compressed_ = false;
  bool begun_ = false;
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
  /// That message, if it is compressed.
  const Message* compressed() const { return data_ && data_->get_compressed() ? data_.get() : nullptr; }

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

/// In the place of websocketpp's permessage-deflate: it only says which frames may have RSV1 set. The processor asks it
/// for every frame that has, and then leaves the payload as it came: it is inflated when the message is whole
/// (net/inflate.h).
class CompressedBit {
 public:
  /// `current`: the data message under way, null between two.
  void allow(const Message::ptr& current) { current_ = &current; }

  /// RFC 7692 section 6: the first frame of a message, no other. The processor calls Message::set_compressed for that
  /// one, if this is true.
  bool is_enabled() const { return current_ != nullptr && (*current_ == nullptr || !(*current_)->begun()); }

  // What the processor would have its own extension do.
  bool is_implemented() const { return false; }
  std::string generate_offer() const { return {}; }
  std::pair<std::error_code, std::string> negotiate(const websocketpp::http::attribute_list&) { return {}; }
  std::error_code init(bool) { return {}; }
  std::error_code compress(const std::string&, std::string&) { return unused(); }
  std::error_code decompress(const std::uint8_t*, std::size_t, std::string&) { return unused(); }

 private:
  static std::error_code unused() { return std::make_error_code(std::errc::operation_not_supported); }

  const Message::ptr* current_ = nullptr;  ///< null: not agreed on
};

struct Config {
  using request_type = websocketpp::http::parser::request;
  using response_type = websocketpp::http::parser::response;
  using message_type = Message;
  using con_msg_manager_type = MessagePool;
  using rng_type = Random;

  static constexpr bool enable_extensions = true;
  static constexpr std::size_t max_message_size = 0;  // set for each session

  using permessage_deflate_type = CompressedBit;
};

class Processor : public websocketpp::processor::hybi13<Config> {
 public:
  using hybi13::hybi13;

  /// From here on messages may come compressed, of up to so many bytes.
  void allow_compressed(std::size_t max_bytes) {
    m_permessage_deflate.allow(m_data_msg.msg_ptr);
    set_max_message_size(max_bytes);
  }
};

}  // namespace ekws::net::wspp

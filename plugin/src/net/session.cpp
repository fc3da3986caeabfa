#include "net/session.h"

#include <algorithm>

#include "base/utf8.h"
#include "net/header_lines.h"
#include "net/wspp.h"

namespace ekws::net {

namespace {

namespace ws = websocketpp;

/// How much of a peer's own words goes into our texts.
constexpr std::size_t kMaxStatusText = 100;
constexpr int kHeadersTooLarge = 431;
/// So many pings wait for their pongs at most; the last of them is then the newest (RFC 6455 section 5.5.3).
constexpr std::size_t kMaxPongs = 16;

using Opcode = ws::frame::opcode::value;

/// RFC 6455 section 4.2.1 item 5: 16 bytes in base64. Doubled headers arrive joined by a comma and fail here.
bool is_handshake_key(const std::string& key) {
  const auto base64 = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/'; };
  return key.size() == 24 && std::all_of(key.begin(), key.begin() + 22, base64) && key.compare(22, 2, "==") == 0;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// True where a comma-separated list has the token.
bool has_token(const std::string& list, std::string_view token) {
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::size_t first = list.find_first_not_of(" \t", begin);
    if (first < end) {
      const std::size_t last = list.find_last_not_of(" \t", end - 1);
      if (std::string_view(list).substr(first, last - first + 1) == token) return true;
    }
    begin = end + 1;
  }
  return false;
}

/// A peer's own words, as they may stand in our texts.
std::string words(const std::string& text) { return valid_utf8(cut_utf8(text, kMaxStatusText)); }

template <typename HttpMessage>
bool is_upgrade(const HttpMessage& message) {
  return has_token(lower(message.get_header("Upgrade")), "websocket") &&
         has_token(lower(message.get_header("Connection")), "upgrade");
}

std::error_code too_big() { return ws::processor::error::make_error_code(ws::processor::error::message_too_big); }

std::error_code invalid_utf8() { return ws::processor::error::make_error_code(ws::processor::error::invalid_utf8); }

int code_of(const std::error_code& ec) {
  if (ec == too_big()) return EKWS_E_MESSAGE_TOO_BIG;
  if (ec == invalid_utf8()) return EKWS_E_UTF8;
  return EKWS_E_PROTOCOL;
}

class WsppSession : public Session {
 public:
  WsppSession(bool is_server, std::uint64_t max_message_bytes, SessionHandler& handler)
      : handler_(handler),
        max_message_bytes_(max_message_bytes),
        pool_(std::make_shared<wspp::MessagePool>()),
        processor_(false, is_server, pool_, random_) {
    processor_.set_max_message_size(max_message_bytes);
  }

  void receive(char* data, std::size_t size) override {
    std::size_t done = 0;
    if (phase_ == Phase::opening) done = receive_handshake(data, size);
    while (done < size && (phase_ == Phase::open || phase_ == Phase::closing)) {
      std::error_code ec;
      done += processor_.consume(reinterpret_cast<std::uint8_t*>(data) + done, size - done, ec);
      // The processor's own check can be led past the limit: its sum of what is there and what a continuation frame
      // announces wraps around.
      if (!ec && pool_->data_size() > max_message_bytes_) ec = too_big();
      if (ec) return broken(ec);
      if (processor_.ready()) dispatch(*processor_.get_message());
    }
  }

  void receive_end() override {
    if (phase_ == Phase::over) return;
    if (phase_ == Phase::opening) {
      return fail({EKWS_E_EOF, "the peer closed the connection before the WebSocket handshake was complete"});
    }
    if (phase_ == Phase::closing) return end();
    // RFC 6455 section 7.1.5: this is what 1006 stands for.
    fail({EKWS_E_EOF, "the peer closed the connection without a close frame (1006)"});
  }

  std::string take_output() override {
    append_pongs();
    return std::exchange(output_, {});
  }

  void send(Message&& message) override {
    if (phase_ != Phase::open) return;
    append_pongs();
    const auto data = std::make_shared<wspp::Message>();
    data->start(message.text ? Opcode::TEXT : Opcode::BINARY, 0);
    data->get_raw_payload() = std::move(message.payload);
    const auto frame = std::make_shared<wspp::Message>();
    if (!processor_.prepare_data_frame(data, frame)) append(*frame);
  }

  void ping() override {
    if (phase_ == Phase::open) append_frame(&wspp::Processor::prepare_ping, std::string());
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (phase_ == Phase::opening) return fail({EKWS_E_STOPPED, "closed before the handshake was complete"});
    if (phase_ != Phase::open) return;
    error_ = {EKWS_E_STOPPED, "closed by us (" + std::to_string(code) + ")"};
    append_close(code, reason);
    phase_ = Phase::closing;
  }

  Phase phase() const override { return phase_; }
  const Error& error() const override { return error_; }
  const std::string& subprotocol() const override { return subprotocol_; }

 protected:
  /// Returns how many bytes were the handshake's.
  virtual std::size_t receive_handshake(const char* data, std::size_t size) = 0;

  void opened() {
    phase_ = Phase::open;
    handler_.on_open();
  }

  void fail(Error error) {
    if (!error_) error_ = std::move(error);
    end();
  }

  void end() { phase_ = Phase::over; }

  SessionHandler& handler_;
  const std::uint64_t max_message_bytes_;
  wspp::Random random_;
  wspp::MessagePool::ptr pool_;
  wspp::Processor processor_;
  std::string output_;
  std::string subprotocol_;

 private:
  void dispatch(wspp::Message& message) {
    switch (message.get_opcode()) {
      case Opcode::TEXT:
        // The processor looks for a cut character only where the last frame is the first one, too.
        if (!ends_at_character(message.get_payload())) return broken(invalid_utf8());
        [[fallthrough]];
      case Opcode::BINARY:
        if (phase_ == Phase::open) {
          handler_.on_message({message.get_opcode() == Opcode::TEXT, std::move(message.get_raw_payload())});
        }
        return;
      case Opcode::PING:
        if (phase_ != Phase::open) return;
        if (pongs_.size() == kMaxPongs) pongs_.pop_back();
        pongs_.push_back(message.get_payload());
        return;
      case Opcode::CLOSE:
        return receive_close(message.get_payload());
      default:  // a pong: that something came is all its owner wants to know
        return;
    }
  }

  void receive_close(const std::string& payload) {
    if (phase_ == Phase::closing) return end();  // the answer to ours
    std::error_code ec;
    const auto code = ws::close::extract_code(payload, ec);
    if (ec) return violation(EKWS_E_PROTOCOL, ws::close::status::protocol_error, "close frame with an invalid code");
    const std::string reason = ws::close::extract_reason(payload, ec);
    if (ec) return violation(EKWS_E_UTF8, ws::close::status::invalid_payload, "close frame with invalid UTF-8");
    // Section 5.5.1: answered with the same code.
    append_close(code, {});
    std::string text = "the peer closed the connection";
    if (code == ws::close::status::no_status) {
      text += " without a status code (1005)";
    } else {
      text += " with code " + std::to_string(code) + " (" + ws::close::status::get_string(code) + ")";
    }
    if (!reason.empty()) text += ": " + reason;
    fail({EKWS_E_PEER_CLOSED, std::move(text)});
  }

  /// Section 7.1.7: a close frame with the fitting code, then the connection is failed.
  void violation(int code, std::uint16_t close_code, const std::string& what) {
    if (phase_ == Phase::open) append_close(close_code, what);
    fail({code, "the peer broke the WebSocket protocol: " + what + "; closed with " + std::to_string(close_code)});
  }

  void broken(const std::error_code& ec) {
    const int code = code_of(ec);
    if (code == EKWS_E_UTF8) return violation(code, ws::close::status::invalid_payload, "text that is not UTF-8");
    if (code == EKWS_E_PROTOCOL) return violation(code, ws::close::status::protocol_error, ec.message());
    const std::uint16_t close_code = ws::close::status::message_too_big;
    const std::string what = "message of more than " + std::to_string(max_message_bytes_) + " bytes (maxMessageBytes)";
    if (phase_ == Phase::open) append_close(close_code, what);
    fail({code, "the peer sent a " + what + "; closed with " + std::to_string(close_code)});
  }

  void append_pongs() {
    for (const std::string& payload : pongs_) append_frame(&wspp::Processor::prepare_pong, payload);
    pongs_.clear();
  }

  /// Section 5.5.1: nothing follows it.
  void append_close(std::uint16_t code, std::string_view reason) {
    append_pongs();
    // 1005 is never sent (section 7.4.1): a close frame without a code is answered with one without a code.
    wspp::Message::ptr frame = pool_->get_message();
    const auto max = static_cast<std::size_t>(ws::frame::limits::close_reason_size);
    if (!processor_.prepare_close(code, std::string(cut_utf8(reason, max)), frame)) append(*frame);
  }

  using Prepare = std::error_code (wspp::Processor::*)(const std::string&, wspp::Message::ptr) const;
  void append_frame(Prepare prepare, const std::string& payload) {
    wspp::Message::ptr frame = pool_->get_message();
    if (!(processor_.*prepare)(payload, frame)) append(*frame);
  }

  void append(const wspp::Message& frame) {
    output_ += frame.get_header();
    output_ += frame.get_payload();
  }

  Phase phase_ = Phase::opening;
  Error error_;
  std::vector<std::string> pongs_;  ///< payloads of pings that are not answered yet
};

class ServerSession : public WsppSession {
 public:
  ServerSession(std::uint64_t max_message_bytes, SessionHandler& handler)
      : WsppSession(true, max_message_bytes, handler) {
    // A body on a handshake is of no use to us and would be kept in memory.
    request_.set_max_body_size(0);
  }

 private:
  std::size_t receive_handshake(const char* data, std::size_t size) override {
    std::size_t done = 0;
    try {
      done = request_.consume(data, size);
    } catch (const ws::http::exception& e) {
      const auto status = static_cast<int>(e.m_error_code);
      // What is no handshake at all is told what this is, whatever else is wrong with it (a body, no Host).
      const bool is_http = !request_.get_version().empty() && status != kHeadersTooLarge;
      if (is_http && !is_upgrade(request_)) {
        refuse_plain_http();
      } else {
        refuse(status, e.what(), {});
      }
      return size;
    }
    if (const char* fault = lines_.check({data, done})) {
      refuse(400, std::string("not a valid HTTP request: ") + fault, {});
      return size;
    }
    if (!request_.ready()) return size;
    answer();
    request_ = {};
    return done;
  }

  void answer() {
    if (!is_upgrade(request_)) return refuse_plain_http();
    // RFC 6455 sections 4.2.2 and 4.4.
    if (request_.get_header("Sec-WebSocket-Version") != "13") {
      return refuse(426, "the request must ask for WebSocket version 13", {{"Sec-WebSocket-Version", "13"}});
    }
    if (const auto ec = processor_.validate_handshake(request_)) {
      return refuse(400, "not a WebSocket handshake: " + ec.message(), {});
    }
    if (request_.get_header("Host").find_first_of(", ") != std::string::npos) {
      return refuse(400, "not a WebSocket handshake: one Host header is needed", {});
    }
    if (!is_handshake_key(request_.get_header("Sec-WebSocket-Key"))) {
      return refuse(400, "not a WebSocket handshake: Sec-WebSocket-Key must be 16 bytes in base64, once", {});
    }
    const Response response = handler_.on_request({request_.get_uri(), request_.get_header("Host")});
    if (response.status != 101) return refuse(response.status, response.text, {});

    wspp::Config::response_type reply;
    reply.set_version("HTTP/1.1");
    reply.set_status(ws::http::status_code::switching_protocols);
    processor_.process_handshake(request_, {}, reply);
    output_ += reply.raw();
    opened();
  }

  /// RFC 9110 section 15.5.22.
  void refuse_plain_http() {
    refuse(426, "this is a WebSocket server: the request must ask for an upgrade to WebSocket version 13",
           {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}});
  }

  void refuse(int status, const std::string& text, const Headers& headers) {
    wspp::Config::response_type reply;
    reply.set_version("HTTP/1.1");
    reply.set_status(static_cast<ws::http::status_code::value>(status));
    if (headers.end() ==
        std::find_if(headers.begin(), headers.end(), [](auto& h) { return h.first == "Connection"; })) {
      reply.append_header("Connection", "close");
    }
    for (const auto& [name, value] : headers) reply.append_header(name, value);
    reply.append_header("Content-Type", "text/plain; charset=utf-8");
    reply.set_body(text + "\n");
    output_ += reply.raw();
    fail({EKWS_E_HANDSHAKE_STATUS, "refused with HTTP " + std::to_string(status) + ": " + text});
  }

  wspp::Config::request_type request_;
  HeaderLines lines_;
};

class ClientSession : public WsppSession {
 public:
  ClientSession(std::uint64_t max_message_bytes, const ClientHandshake& handshake, SessionHandler& handler)
      : WsppSession(false, max_message_bytes, handler) {
    const auto uri = std::make_shared<ws::uri>(false, handshake.host, std::uint16_t{80}, handshake.target);
    processor_.client_handshake_request(request_, uri, {});
    request_.replace_header("Host", handshake.host);
    std::string more;
    for (const auto& [name, value] : handshake.headers) {
      if (lower(name) == "host") {
        request_.replace_header(name, value);
        continue;
      }
      // The parser's list of headers would join repeated ones; they go out as they were given, a line each.
      more += name + ": " + value + "\r\n";
      if (lower(name) == "sec-websocket-protocol") subprotocols_ += value + ",";
    }
    output_ = request_.raw();
    output_.insert(output_.size() - 2, more);  // before the empty line
  }

 private:
  std::size_t receive_handshake(const char* data, std::size_t size) override {
    try {
      response_.consume(data, size);
    } catch (const ws::http::exception& e) {
      fail({EKWS_E_HANDSHAKE_INVALID, std::string("the peer does not speak HTTP: ") + e.what()});
      return size;
    }
    if (const char* fault = lines_.check({data, size})) {
      fail({EKWS_E_HANDSHAKE_INVALID, std::string("the peer does not speak HTTP: ") + fault});
      return size;
    }
    if (!response_.headers_ready()) return size;
    check();
    request_ = {};
    response_ = {};
    return lines_.taken();  // a 101 has no body, whatever its Content-Length says (RFC 9112 section 6.3)
  }

  /// RFC 6455 section 4.1, second list.
  void check() {
    const auto status = static_cast<int>(response_.get_status_code());
    if (status != 101) {
      return fail({EKWS_E_HANDSHAKE_STATUS, "the peer answered the WebSocket handshake with HTTP " +
                                                std::to_string(status) + " " + words(response_.get_status_msg()) +
                                                " instead of 101"});
    }
    // A server has one protocol to switch to, so this is a value and no list.
    if (!is_upgrade(response_) || lower(response_.get_header("Upgrade")) != "websocket" ||
        processor_.validate_server_handshake_response(request_, response_)) {
      return fail({EKWS_E_HANDSHAKE_INVALID,
                   "the peer's answer is not a WebSocket handshake: Upgrade, Connection or Sec-WebSocket-Accept is "
                   "missing or wrong"});
    }
    if (response_.get_headers().count("Sec-WebSocket-Extensions") != 0) {
      return fail({EKWS_E_HANDSHAKE_INVALID, "the peer chose an extension that was not offered: " +
                                                 words(response_.get_header("Sec-WebSocket-Extensions"))});
    }
    const std::string& chosen = response_.get_header("Sec-WebSocket-Protocol");
    if (response_.get_headers().count("Sec-WebSocket-Protocol") != 0 && !has_token(subprotocols_, chosen)) {
      return fail({EKWS_E_HANDSHAKE_INVALID, "the peer chose a subprotocol that was not offered: " + words(chosen)});
    }
    subprotocol_ = chosen;
    opened();
  }

  wspp::Config::request_type request_;
  wspp::Config::response_type response_;
  HeaderLines lines_;
  std::string subprotocols_;  ///< offered, comma-separated
};

}  // namespace

std::unique_ptr<Session> Session::server(std::uint64_t max_message_bytes, SessionHandler& handler) {
  return std::make_unique<ServerSession>(max_message_bytes, handler);
}

std::unique_ptr<Session> Session::client(std::uint64_t max_message_bytes, const ClientHandshake& handshake,
                                         SessionHandler& handler) {
  return std::make_unique<ClientSession>(max_message_bytes, handshake, handler);
}

}  // namespace ekws::net

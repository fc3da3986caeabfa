#include "net/session.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "base/utf8.h"
#include "net/close_code.h"
#include "net/frame_reader.h"
#include "net/header_lines.h"
#include "net/inflate.h"
#include "net/wspp.h"

namespace ekws::net {

namespace {

namespace ws = websocketpp;

/// How much of a peer's own words goes into our texts.
constexpr std::size_t kMaxStatusText = 100;
constexpr int kHeadersTooLarge = 431;
/// How many bytes of an unfinished compressed message are waited for in any case.
constexpr std::uint64_t kFirstLook = 16 * 1024;
/// So many pings wait for their pongs at most; the last of them is then the newest (RFC 6455 section 5.5.3).
constexpr std::size_t kMaxPongs = 16;
/// RFC 9113 section 3.4, as far as the parser would let it come.
constexpr std::string_view kHttp2 = "PRI * HTTP/2.0\r\n\r\n";
constexpr std::string_view kHttp = "HTTP/";
/// RFC 8446 section 6: fatal, protocol_version. TLS clients tell their users then.
constexpr std::string_view kTlsAlert("\x15\x03\x01\x00\x02\x02\x46", 7);

/// RFC 6455 section 4.2.1 item 5: 16 bytes in base64. Doubled headers arrive joined by a comma and fail here.
bool is_handshake_key(const std::string& key) {
  const auto base64 = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/'; };
  return key.size() == 24 && std::all_of(key.begin(), key.begin() + 22, base64) && key.compare(22, 2, "==") == 0;
}

/// A TLS record (RFC 8446 section 5.1): a handshake message or an alert, then its version, which is 3.x.
bool begins_as_tls(const std::string& start) { return !start.empty() && (start[0] == 0x16 || start[0] == 0x15); }
bool may_be_tls(const std::string& start) { return begins_as_tls(start) && start.size() == 1; }
bool is_tls(const std::string& start) { return begins_as_tls(start) && start.size() > 1 && start[1] == 0x03; }

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

/// The message as it goes out. Its own raw() writes to a std::stringstream, which swallows std::bad_alloc: the peer
/// would wait for what is missing.
template <typename HttpMessage>
std::string to_text(std::string start_line, const HttpMessage& message, const std::string& more_headers = {}) {
  std::string text = std::move(start_line) + "\r\n";
  for (const auto& [name, value] : message.get_headers()) text.append(name).append(": ").append(value).append("\r\n");
  return text.append(more_headers).append("\r\n").append(message.get_body());
}

std::string to_text(const wspp::Config::request_type& request, const std::string& more_headers) {
  return to_text(request.get_method() + " " + request.get_uri() + " " + request.get_version(), request, more_headers);
}

std::string to_text(const wspp::Config::response_type& response) {
  const std::string status = std::to_string(static_cast<int>(response.get_status_code()));
  return to_text(response.get_version() + " " + status + " " + response.get_status_msg(), response);
}

class WsppSession : public Session {
 public:
  WsppSession(bool is_server, const SessionLimits& limits, SessionHandler& handler,
              const SessionCompression& compression, std::shared_ptr<BytesPool> pool)
      : handler_(handler),
        max_message_bytes_(limits.message_bytes),
        compression_(compression),
        pool_(std::move(pool)),
        reader_({is_server, limits.message_bytes, limits.fragments}, pool_),
        processor_(false, is_server, std::make_shared<wspp::MessagePool>(), random_) {}

  Room room() override { return phase_ == Phase::open && !inflater_ ? reader_.room() : Room{}; }

  void receive(char* data, std::size_t size) override {
    const char* end = data + size;
    if (phase_ == Phase::opening) data += receive_handshake(data, size);
    while (phase_ == Phase::open || phase_ == Phase::closing) {
      switch (reader_.read(data, end)) {
        case FrameReader::Result::more:
          return look_at_unfinished();
        case FrameReader::Result::message:
          receive_message();
          break;
        case FrameReader::Result::control:
          receive_control();
          break;
        case FrameReader::Result::violation:
          return violation(reader_.violation());
      }
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
    data->set_opcode(message.text ? ws::frame::opcode::TEXT : ws::frame::opcode::BINARY);
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

  void reject(std::uint16_t code, std::string_view reason, Error why) override {
    if (phase_ == Phase::open) append_close(code, reason);
    fail(std::move(why));
  }

  Phase phase() const override { return phase_; }
  bool may_inflate() const override { return phase_ == Phase::opening ? compression_.wanted.on : inflater_ != nullptr; }
  std::size_t unfinished() const override { return reader_.unfinished().size(); }
  std::uint64_t fragmented() const override { return phase_ == Phase::open ? reader_.fragmented() : 0; }
  const Error& error() const override { return error_; }
  const std::string& subprotocol() const override { return subprotocol_; }
  const std::string& retry_after() const override { return retry_after_; }

 protected:
  /// Returns how many bytes were the handshake's.
  virtual std::size_t receive_handshake(const char* data, std::size_t size) = 0;

  void opened() {
    phase_ = Phase::open;
    handler_.on_open();
  }

  /// permessage-deflate was agreed on.
  void compressed_by_peer(const Deflate& how) {
    inflater_ = std::make_unique<Inflater>(how, compression_.buffer);
    reader_.allow_compression(Inflater::max_compressed(max_message_bytes_));
  }

  void fail(Error error) {
    if (!error_) error_ = std::move(error);
    end();
  }

  void end() {
    phase_ = Phase::over;
    inflater_ = nullptr;
    reader_.drop_unfinished();
  }

  SessionHandler& handler_;
  const std::uint64_t max_message_bytes_;
  const SessionCompression compression_;
  const std::shared_ptr<BytesPool> pool_;
  FrameReader reader_;
  wspp::Random random_;
  wspp::Processor processor_;
  std::string output_;
  std::string subprotocol_;
  std::string retry_after_;

 private:
  void receive_message() {
    if (reader_.compressed()) return inflate();
    if (phase_ == Phase::open) handler_.on_message(reader_.is_text(), reader_.payload(), reader_.memory());
  }

  /// Fewer bytes cannot become too many: DEFLATE makes 1,032 of one at best.
  std::uint64_t first_look() const { return std::max(kFirstLook, max_message_bytes_ / 1000); }

  /// A message is inflated when it is whole: so what is unfinished, of however many peers, costs no more than what they
  /// have sent. But one that is too big already, or no text, is not waited for; the looks together cost little more
  /// than the message itself.
  void look_at_unfinished() {
    const std::string_view there = reader_.unfinished();
    if (phase_ != Phase::open || there.size() < next_look_ || !reader_.compressed()) return;
    next_look_ *= 4;
    inflated(inflater_->look_at(there, reader_.is_text(), max_message_bytes_));
  }

  /// RFC 7692 section 7.2.2.
  void inflate() {
    next_look_ = first_look();
    if (phase_ != Phase::open) return;
    Bytes payload(pool_);
    const auto result = inflater_->inflate(reader_.payload(), reader_.is_text(), max_message_bytes_, payload);
    if (inflated(result)) handler_.on_message(reader_.is_text(), payload.view(), &payload);
  }

  /// False where it failed.
  bool inflated(Inflated result) {
    switch (result) {
      case Inflated::done:
        return true;
      case Inflated::too_big:
        violation(too_big(max_message_bytes_));
        break;
      case Inflated::not_utf8:
        violation(invalid_utf8());
        break;
      case Inflated::invalid:
        violation({EKWS_E_PROTOCOL, kInvalidPayload, "compressed message that is not DEFLATE"});
        break;
    }
    return false;
  }

  void receive_control() {
    switch (reader_.opcode()) {
      case Opcode::ping:
        if (phase_ != Phase::open) return;
        if (pongs_.size() == kMaxPongs) pongs_.pop_back();
        pongs_.emplace_back(reader_.payload());
        return;
      case Opcode::close:
        return receive_close(std::string(reader_.payload()));
      default:  // a pong: that something came is all its owner wants to know
        return;
    }
  }

  void receive_close(const std::string& payload) {
    if (phase_ == Phase::closing) return end();  // the answer to ours
    std::error_code ec;
    const auto code = ws::close::extract_code(payload, ec);
    if (ec) {
      return violation({EKWS_E_PROTOCOL, kProtocolError, "close frame with an invalid code"});
    }
    const std::string reason = ws::close::extract_reason(payload, ec);
    if (ec) {
      return violation({EKWS_E_UTF8, kInvalidPayload, "close frame with invalid UTF-8"});
    }
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
  void violation(const Violation& broken) {
    const bool limit = Error(broken.code, {}).error_class() == EKWS_CLASS_LIMIT;
    reject(broken.close_code, broken.what,
           {broken.code, (limit ? "the peer sent a " : "the peer broke the WebSocket protocol: ") + broken.what +
                             "; closed with " + std::to_string(broken.close_code)});
  }

  void append_pongs() {
    for (const std::string& payload : pongs_) append_frame(&wspp::Processor::prepare_pong, payload);
    pongs_.clear();
  }

  /// Section 5.5.1: nothing follows it.
  void append_close(std::uint16_t code, std::string_view reason) {
    append_pongs();
    // 1005 is never sent (section 7.4.1): a close frame without a code is answered with one without a code.
    const auto frame = std::make_shared<wspp::Message>();
    const auto max = static_cast<std::size_t>(ws::frame::limits::close_reason_size);
    if (!processor_.prepare_close(code, std::string(cut_utf8(reason, max)), frame)) append(*frame);
  }

  using Prepare = std::error_code (wspp::Processor::*)(const std::string&, wspp::Message::ptr) const;
  void append_frame(Prepare prepare, const std::string& payload) {
    const auto frame = std::make_shared<wspp::Message>();
    if (!(processor_.*prepare)(payload, frame)) append(*frame);
  }

  void append(const wspp::Message& frame) {
    output_ += frame.get_header();
    output_ += frame.get_payload();
  }

  Phase phase_ = Phase::opening;
  std::unique_ptr<Inflater> inflater_;  ///< null: messages come as they are
  std::uint64_t next_look_ = first_look();
  Error error_;
  std::vector<std::string> pongs_;  ///< payloads of pings that are not answered yet
};

class ServerSession : public WsppSession {
 public:
  ServerSession(const SessionLimits& limits, SessionHandler& handler, const SessionCompression& compression,
                std::shared_ptr<BytesPool> pool)
      : WsppSession(true, limits, handler, compression, std::move(pool)) {
    // A body on a handshake is of no use to us and would be kept in memory.
    request_.set_max_body_size(0);
  }

 private:
  std::size_t receive_handshake(const char* data, std::size_t size) override {
    start_.append(data, std::min(size, kHttp2.size() - start_.size()));
    if (is_tls(start_)) {
      output_ += kTlsAlert;
      fail({EKWS_E_HANDSHAKE_INVALID,
            "the peer speaks TLS, this listener does not: connect to ws:// instead of wss://, or give the listener a "
            "certificate (httpServerTls)"});
      return size;
    }
    if (may_be_tls(start_)) return size;
    if (begins_as_tls(start_)) {
      refuse(400, "not a valid HTTP request", {});
      return size;
    }
    if (start_ == kHttp2) {
      refuse(505, "WebSocket is spoken over HTTP/1.1 here, not over HTTP/2", {});
      return size;
    }
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
    answer(done < size);
    request_ = {};
    return done;
  }

  /// `more`: bytes have come behind the request.
  void answer(bool more) {
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
    const auto extensions = parse_extensions(request_.get_header("Sec-WebSocket-Extensions"));
    if (!extensions) {
      return refuse(400, "not a WebSocket handshake: Sec-WebSocket-Extensions is malformed", {});
    }
    const Response response = handler_.on_request({request_.get_uri(), request_.get_header("Host")});
    if (response.status != 101) return refuse(response.status, response.text, response.headers);

    wspp::Config::response_type reply;
    reply.set_version("HTTP/1.1");
    reply.set_status(ws::http::status_code::switching_protocols);
    processor_.process_handshake(request_, {}, reply);
    // Who does not wait for the answer (section 4.1) cannot know that messages may be compressed. Without this it could
    // have a whole buffer of them inflated before it is asked whether there is room for one.
    const auto accepted = more ? std::nullopt : accept_offer(compression_.wanted, *extensions);
    if (accepted) {
      reply.append_header("Sec-WebSocket-Extensions", accepted->response);
      compressed_by_peer(accepted->peer);
    }
    output_ += to_text(reply);
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
    output_ += to_text(reply);
    fail({EKWS_E_HANDSHAKE_STATUS, "refused with HTTP " + std::to_string(status) + ": " + text});
  }

  wspp::Config::request_type request_;
  HeaderLines lines_;
  std::string start_;  ///< the first bytes
};

class ClientSession : public WsppSession {
 public:
  ClientSession(const SessionLimits& limits, const ClientHandshake& handshake, SessionHandler& handler,
                const SessionCompression& compression, std::shared_ptr<BytesPool> pool)
      : WsppSession(false, limits, handler, compression, std::move(pool)),
        path_(handshake.target.substr(0, handshake.target.find('?'))) {
    const auto uri = std::make_shared<ws::uri>(false, handshake.host, std::uint16_t{80}, handshake.target);
    processor_.client_handshake_request(request_, uri, {});
    request_.replace_header("Host", handshake.host);
    const std::string offer = make_offer(compression.wanted);
    if (!offer.empty()) request_.replace_header("Sec-WebSocket-Extensions", offer);
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
    output_ = to_text(request_, more);
  }

 private:
  std::size_t receive_handshake(const char* data, std::size_t size) override {
    start_.append(data, std::min(size, kHttp.size() - start_.size()));
    if (is_tls(start_)) {
      fail({EKWS_E_HANDSHAKE_INVALID, "the peer speaks TLS: set scheme to wss"});
      return size;
    }
    if (may_be_tls(start_)) return size;
    if (start_ != kHttp.substr(0, start_.size())) {
      fail({EKWS_E_HANDSHAKE_INVALID, "the peer does not speak HTTP: its answer does not begin with HTTP/"});
      return size;
    }
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
      retry_after_ = response_.get_header("Retry-After");
      return fail({EKWS_E_HANDSHAKE_STATUS, "the peer answered the WebSocket handshake for " + words(path_) +
                                                " with HTTP " + std::to_string(status) + " " +
                                                words(response_.get_status_msg()) + " instead of 101" +
                                                redirection(status)});
    }
    // A server has one protocol to switch to, so this is a value and no list.
    if (!is_upgrade(response_) || lower(response_.get_header("Upgrade")) != "websocket" ||
        processor_.validate_server_handshake_response(request_, response_)) {
      return fail({EKWS_E_HANDSHAKE_INVALID,
                   "the peer's answer is not a WebSocket handshake: Upgrade, Connection or Sec-WebSocket-Accept is "
                   "missing or wrong"});
    }
    const auto extensions = parse_extensions(response_.get_header("Sec-WebSocket-Extensions"));
    const bool given = response_.get_headers().count("Sec-WebSocket-Extensions") != 0;
    if (!extensions || (given && extensions->empty())) {
      return fail({EKWS_E_HANDSHAKE_INVALID,
                   "the peer's answer is not a WebSocket handshake: Sec-WebSocket-Extensions is malformed"});
    }
    std::optional<Deflate> deflate;
    const std::string wrong = check_response(compression_.wanted, *extensions, deflate);
    if (!wrong.empty()) return fail({EKWS_E_HANDSHAKE_INVALID, "the peer chose " + words(wrong)});
    const std::string& chosen = response_.get_header("Sec-WebSocket-Protocol");
    if (response_.get_headers().count("Sec-WebSocket-Protocol") != 0 && !has_token(subprotocols_, chosen)) {
      return fail({EKWS_E_HANDSHAKE_INVALID, "the peer chose a subprotocol that was not offered: " + words(chosen)});
    }
    subprotocol_ = chosen;
    if (deflate) compressed_by_peer(*deflate);
    opened();
  }

  /// RFC 9110 section 15.4. To follow would be to send our headers to whomever the peer names.
  std::string redirection(int status) const {
    const std::string& location = response_.get_header("Location");
    if (status / 100 != 3 || location.empty()) return {};
    // Without its query, which may hold what is nobody's business.
    return "; it points to " + words(location.substr(0, location.find('?'))) + ", which is not followed";
  }

  wspp::Config::request_type request_;
  wspp::Config::response_type response_;
  HeaderLines lines_;
  const std::string path_;    ///< asked for; without the query, which may hold a token
  std::string start_;         ///< the first bytes
  std::string subprotocols_;  ///< offered, comma-separated
};

}  // namespace

std::unique_ptr<Session> Session::server(const SessionLimits& limits, SessionHandler& handler,
                                         const SessionCompression& compression, std::shared_ptr<BytesPool> pool) {
  return std::make_unique<ServerSession>(limits, handler, compression, std::move(pool));
}

std::unique_ptr<Session> Session::client(const SessionLimits& limits, const ClientHandshake& handshake,
                                         SessionHandler& handler, const SessionCompression& compression,
                                         std::shared_ptr<BytesPool> pool) {
  return std::make_unique<ClientSession>(limits, handshake, handler, compression, std::move(pool));
}

}  // namespace ekws::net

// One WebSocket session (RFC 6455) without I/O: bytes in, messages and bytes out. Same code for both roles.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/compression.h"
#include "base/error.h"

namespace ekws::net {

class InflateBuffer;

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Opening handshake as a server sees it (section 4.2.1). Valid during the call it is given to.
struct Request {
  std::string target;  ///< as in the request line, "/a%20b?x=1"
  std::string host;    ///< Host header
};

/// The answer to a Request: 101 goes on, anything else ends the session.
struct Response {
  int status = 101;
  std::string text;  ///< body for people, where status is not 101
  Headers headers = {};
};

/// Opening handshake as a client sends it (section 4.1).
struct ClientHandshake {
  std::string host;  ///< Host header unless `headers` has one
  std::string target;
  Headers headers;
};

/// One that goes out.
struct Message {
  bool text = false;
  std::string payload;  ///< text is valid UTF-8
};

/// permessage-deflate (RFC 7692). Only the peer's messages can come compressed; the session sends control frames, which
/// never are.
struct SessionCompression {
  Compression wanted;
  std::shared_ptr<InflateBuffer> buffer;  ///< shared on an io thread; not null where it is wanted
};

struct SessionLimits {
  /*implicit*/ SessionLimits(std::uint64_t bytes, std::uint64_t frames = std::numeric_limits<std::uint64_t>::max())
      : message_bytes(bytes), fragments(frames) {}

  std::uint64_t message_bytes;
  std::uint64_t fragments;  ///< frames of one message, empty ones count
};

/// Called from inside Session::receive.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;
  virtual Response on_request(const Request& request) = 0;  ///< server role only
  virtual void on_open() = 0;
  /// `payload` is valid during the call; text is valid UTF-8. `memory` holds it and may be moved from; null: it has to
  /// be copied.
  virtual void on_message(bool text, std::string_view payload, Bytes* memory) = 0;
};

/// Not thread-safe, knows no time: deadlines are its owner's. Never throws for what a peer sends.
class Session {
 public:
  enum class Phase {
    opening,  ///< handshake
    open,
    closing,  ///< our close frame is out, the peer's is awaited; data is discarded
    over      ///< nothing more will be read: send what output() holds, then shut down
  };

  static std::unique_ptr<Session> server(const SessionLimits& limits, SessionHandler& handler,
                                         const SessionCompression& compression = {},
                                         std::shared_ptr<BytesPool> pool = nullptr);
  static std::unique_ptr<Session> client(const SessionLimits& limits, const ClientHandshake& handshake,
                                         SessionHandler& handler, const SessionCompression& compression = {},
                                         std::shared_ptr<BytesPool> pool = nullptr);
  virtual ~Session() = default;

  /// Where the next bytes should be read to, if it matters: the message itself, of which much is still to come.
  virtual Room room() = 0;
  /// Consumes all of it; `data` is scratch afterwards (unmasking is in place).
  virtual void receive(char* data, std::size_t size) = 0;
  /// The peer will send no more.
  virtual void receive_end() = 0;

  /// Bytes for the peer, oldest first; taken out by the call. Bounded, but for what was given to send(): of the pongs
  /// that wait the last is replaced once there are many (section 5.5.3).
  virtual std::string take_output() = 0;

  /// Section 6.1, in one frame; only while open. Text has to be UTF-8. Goes behind the pongs of pings that came
  /// before.
  virtual void send(Message&& message) = 0;
  /// Only while open.
  virtual void ping() = 0;
  /// Starts the closing handshake (section 7.1.2); before the session is open it just ends. `code` goes to the peer.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  /// Fails the connection over something that the peer did (section 7.1.7): a close frame with this code and text,
  /// then it is over, because of `why`.
  virtual void reject(std::uint16_t code, std::string_view reason, Error why) = 0;

  virtual Phase phase() const = 0;
  /// What is received may become a thousand times as much: best given to it in small pieces.
  virtual bool may_inflate() const = 0;
  /// Bytes that are kept of a message that is not complete.
  virtual std::size_t unfinished() const = 0;
  /// Number of the fragmented message that is not complete, counted from 1; 0 where there is none.
  virtual std::uint64_t fragmented() const = 0;
  /// What was agreed on (Sec-WebSocket-Protocol); empty if nothing was.
  virtual const std::string& subprotocol() const = 0;
  /// Retry-After of an answer that refused us; client role, empty where there was none.
  virtual const std::string& retry_after() const = 0;
  /// Why it is over; empty before.
  virtual const Error& error() const = 0;
};

}  // namespace ekws::net

// A WebSocket connection: a socket, a session, and the deadlines between them. Same code for both roles.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.h"
#include "base/fd.h"
#include "net/inflate.h"
#include "net/session.h"
#include "net/stream.h"
#include "net/timer.h"

namespace ekws::net {

class Connection;

/// What the owner of a connection is told, all on the io thread. It outlives on_closed, not more.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual Response on_request(Connection& connection, const Request& request) = 0;  ///< server role only
  virtual void on_open(Connection& connection) = 0;
  virtual void on_message(Connection& connection, Message&& message) = 0;
  /// Asked before every read. False: reading rests until resume().
  virtual bool may_read(Connection& connection) = 0;
  /// After the messages of one read were given to on_message.
  virtual void on_batch_end() = 0;
  /// The last call, once, whatever the reason; the closing handshake may go on behind it.
  virtual void on_closed(Connection& connection, const Error& why) = 0;
};

struct ConnectionLimits {
  using Millis = std::chrono::milliseconds;
  std::uint64_t max_message_bytes = 0;
  Millis handshake_timeout{};  ///< from start() to open
  Millis close_timeout{};      ///< closing handshake and shutdown together
  Millis ping_interval{};      ///< 0: no heartbeat
  Millis pong_timeout{};
  Compression compression{};
};

/// What the connections of one io thread share.
class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t size) : bytes_(size) {}

  /// Bytes read at a time.
  char* data() { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  const std::shared_ptr<InflateBuffer>& inflate() const { return inflate_; }

 private:
  std::vector<char> bytes_;
  std::shared_ptr<InflateBuffer> inflate_ = std::make_shared<InflateBuffer>();
};

/// io thread, all of it. Held by shared_ptr: its own pending operations hold it too, so it ends by itself, in bounded
/// time, after on_closed.
class Connection : public std::enable_shared_from_this<Connection>, private SessionHandler {
 public:
  /// `fd`: connected, non-blocking, close-on-exec; `stream` works on it. `owner` outlives on_closed. Throws
  /// std::system_error when the descriptor cannot be watched.
  Connection(IoContext& io, Fd fd, std::unique_ptr<Stream> stream, std::uint64_t id, std::string remote_address,
             const ConnectionLimits& limits, ConnectionOwner& owner, std::shared_ptr<ReadBuffer> buffer);

  void start_server();
  void start_client(const ClientHandshake& handshake);

  /// Sends a message (see Session). Until it is in the socket nothing more is read from a peer that is open, so that
  /// one who sends and never reads is held up by TCP. Not for use in the plugin, which only listens: see ekws-echo.
  void send(Message&& message);
  /// Reads on after may_read was false.
  void resume();
  /// Starts the closing handshake (RFC 6455 section 7.1.2) with this code; on_closed comes before the call returns, the
  /// rest goes on in the background for close_timeout at most. Before the handshake is complete it just closes.
  void close(std::uint16_t code, std::string_view reason);

  std::uint64_t id() const { return id_; }
  /// "192.0.2.1:5000", "[2001:db8::1]:5000"
  const std::string& remote_address() const { return remote_address_; }
  /// See Stream.
  std::string peer_subject() const { return stream_->peer_subject(); }
  /// Once it is open; see Session.
  const std::string& subprotocol() const { return session_->subprotocol(); }

 private:
  enum class Deadline { handshake, ping, pong, close };

  // SessionHandler
  Response on_request(const Request& request) override { return owner_->on_request(*this, request); }
  void on_open() override;
  void on_message(Message&& message) override;

  void start();
  void shake_hands();
  void read();
  bool read_once();
  void write();
  void advance();
  void half_close();
  void refuse(const Error& error);
  void fail(const Error& error);
  void report(const Error& error);
  void finish();

  void set_deadline(Deadline deadline, ConnectionLimits::Millis in);
  void on_deadline();
  void wait(asio::posix::stream_descriptor::wait_type type, bool& waiting);
  /// Runs `step`; what it throws fails this connection and no other.
  template <typename Step>
  void guarded(Step step);

  asio::posix::stream_descriptor socket_;
  Timer timer_;
  const std::uint64_t id_;
  const std::string remote_address_;
  const ConnectionLimits limits_;
  ConnectionOwner* owner_;  ///< null once on_closed was called
  const std::shared_ptr<ReadBuffer> buffer_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Session> session_;

  std::string output_;  ///< taken from the session, not all written yet
  std::size_t written_ = 0;
  Deadline deadline_ = Deadline::handshake;
  bool stream_ready_ = false;      ///< TLS handshake done
  bool waiting_readable_ = false;  ///< for the socket
  bool waiting_writable_ = false;
  bool resting_ = false;      ///< may_read said no
  bool sending_ = false;      ///< a message of ours is not all written
  bool receiving_ = false;    ///< inside Session::receive, the buffer is in use
  bool heard_ = false;        ///< something came since the last ping
  bool half_closed_ = false;  ///< all is said, only the peer's end is awaited
  bool peer_ended_ = false;   ///< the peer's end has come
};

}  // namespace ekws::net

// A WebSocket connection: a socket, a session, and the deadlines between them. Same code for both roles.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/compression.h"
#include "base/fd.h"
#include "net/hangups.h"
#include "net/read_buffer.h"
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
  /// See SessionHandler.
  virtual void on_message(Connection& connection, bool text, std::string_view payload, Bytes* memory) = 0;
  /// Asked before every read. False: reading rests until resume().
  virtual bool may_read(Connection& connection) = 0;
  /// After the messages of one read were given to on_message.
  virtual void on_batch_end() = 0;
  /// After several reads in a row at most, when others get their turn.
  virtual void on_turn_end() = 0;
  /// How many bytes it keeps of a message that is not complete, whenever that has changed; 0 is not told after
  /// on_closed.
  virtual void on_unfinished(Connection& connection, std::size_t bytes) = 0;
  /// The peer has left while reading rests. What it had sent is still there to be read; on_closed comes behind it.
  virtual void on_left(Connection& connection) = 0;
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
  std::uint64_t max_fragments = std::numeric_limits<std::uint64_t>::max();  ///< frames of one message
  Millis fragment_timeout{};  ///< from the first frame of a message to the last; 0: no limit
  Millis idle_timeout{};      ///< without a message; 0: no limit
};

/// io thread, all of it. Held by shared_ptr: its own pending operations hold it too, so it ends by itself, in bounded
/// time, after on_closed.
class Connection : public std::enable_shared_from_this<Connection>, private SessionHandler {
 public:
  /// `fd`: connected, non-blocking, close-on-exec; `stream` works on it. `owner` outlives on_closed. Throws
  /// std::system_error when the descriptor cannot be watched. `pool`: for messages in pieces; null: none.
  Connection(IoContext& io, Fd fd, std::unique_ptr<Stream> stream, std::uint64_t id, std::string remote_address,
             const ConnectionLimits& limits, ConnectionOwner& owner, std::shared_ptr<ReadBuffer> buffer,
             std::shared_ptr<BytesPool> pool = nullptr);

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
  /// The same for a peer that went beyond a limit: on_closed gives `why`, and the peer's answer is not waited for.
  void reject(std::uint16_t code, std::string_view reason, const Error& why);

  std::uint64_t id() const { return id_; }
  /// "192.0.2.1:5000", "[2001:db8::1]:5000"
  const std::string& remote_address() const { return remote_address_; }
  /// See Stream.
  std::string peer_subject() const { return stream_->peer_subject(); }
  /// Once it is open; see Session.
  const std::string& subprotocol() const { return session_->subprotocol(); }
  /// See Session; empty where it did not get so far.
  std::string retry_after() const { return session_ ? session_->retry_after() : std::string(); }

 private:
  enum class Deadline { handshake, heartbeat, close };
  using Clock = std::chrono::steady_clock;

  // SessionHandler
  Response on_request(const Request& request) override { return owner_->on_request(*this, request); }
  void on_open() override;
  void on_message(bool text, std::string_view payload, Bytes* memory) override;

  void start();
  void shake_hands();
  void read(bool at_once = false, std::size_t turns = 1);
  bool read_once(bool at_once, std::size_t& left);
  void rest();
  bool stop_resting();
  void write();
  void advance();
  void half_close();
  void refuse(const Error& error);
  void fail(const Error& error);
  void report(const Error& error);
  void finish();

  void set_deadline(Deadline deadline, ConnectionLimits::Millis in);
  void on_deadline();
  void beat();
  void received();
  void watch(Clock::time_point due);
  void on_watch();
  void watch_all();
  void wait(asio::posix::stream_descriptor::wait_type type, bool& waiting);
  /// Runs `step`; what it throws fails this connection and no other.
  template <typename Step>
  void guarded(Step step);

  Hangups& hangups_;
  asio::posix::stream_descriptor socket_;
  Timer timer_;
  const std::uint64_t id_;
  const std::string remote_address_;
  const ConnectionLimits limits_;
  ConnectionOwner* owner_;  ///< null once on_closed was called
  const std::shared_ptr<ReadBuffer> buffer_;
  const std::shared_ptr<BytesPool> pool_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Session> session_;

  std::string output_;  ///< taken from the session, not all written yet
  std::size_t written_ = 0;
  Deadline deadline_ = Deadline::handshake;
  Clock::time_point next_ping_;
  std::optional<Clock::time_point> unanswered_since_;  ///< when the peer was asked for a sign of life
  // What is looked at when it may be due, not moved with every read.
  Timer watch_timer_;
  std::optional<Clock::time_point> watch_due_;  ///< when watch_timer_ fires
  Clock::time_point last_data_;
  Clock::time_point fragmented_since_;
  Clock::time_point resting_since_;
  std::uint64_t fragmented_ = 0;  ///< Session::fragmented() after the last read
  std::size_t unfinished_ = 0;    ///< Session::unfinished() after the last read

  bool stream_ready_ = false;      ///< TLS handshake done
  bool waiting_readable_ = false;  ///< for the socket
  bool waiting_writable_ = false;
  bool resting_ = false;      ///< may_read said no
  bool sending_ = false;      ///< a message of ours is not all written
  bool left_ = false;         ///< on_left was called
  bool receiving_ = false;    ///< inside Session::receive, the buffer is in use
  bool delivered_ = false;    ///< a message came with this read
  bool heard_ = false;        ///< something came since unanswered_since_
  bool half_closed_ = false;  ///< all is said, only the peer's end is awaited
  bool peer_ended_ = false;   ///< the peer's end has come
};

}  // namespace ekws::net

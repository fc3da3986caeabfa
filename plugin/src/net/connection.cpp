#include "net/connection.h"

#include <algorithm>
#include <asio/post.hpp>
#include <new>
#include <utility>

#include "net/close_code.h"

namespace ekws::net {

namespace {

/// So many bytes of one connection are read before the others, and those who wait for its messages, get their turn; the
/// last read may go beyond, but is no larger itself: over TLS one goes on for as long as there is something.
constexpr std::size_t kTurn = 256 * 1024;
/// The same where they may inflate to a thousand times as much.
constexpr std::size_t kTurnToInflate = 16 * 1024;
/// Turns that a connection gets at a deadline, which may be come to late: what has come by then counts.
constexpr std::size_t kTurnsAtDeadline = 4;
/// Read at a time what may inflate to a thousand times as much: by so much a queue can overshoot its mark.
constexpr std::size_t kReadToInflate = 4 * 1024;

/// Where anything throws, exactly one of the two closes the descriptor.
asio::posix::stream_descriptor adopt(IoContext& io, Fd& fd) {
  asio::posix::stream_descriptor socket(io, fd.get());
  [[maybe_unused]] const int now_the_sockets = fd.release();
  return socket;
}

}  // namespace

Connection::Connection(IoContext& io, Fd fd, std::unique_ptr<Stream> stream, std::uint64_t id,
                       std::string remote_address, const ConnectionLimits& limits, ConnectionOwner& owner,
                       std::shared_ptr<ReadBuffer> buffer, std::shared_ptr<BytesPool> pool)
    : hangups_(Hangups::of(io)),
      socket_(adopt(io, fd)),
      timer_(io),
      id_(id),
      remote_address_(std::move(remote_address)),
      limits_(limits),
      owner_(&owner),
      buffer_(std::move(buffer)),
      pool_(std::move(pool)),
      stream_(std::move(stream)),
      watch_timer_(io) {}

template <typename Step>
void Connection::guarded(Step step) {
  const auto self = shared_from_this();  // on_closed lets the owner go of us
  try {
    step();
  } catch (const Failure& failure) {
    fail(failure.error());
  } catch (const std::bad_alloc&) {
    fail({EKWS_E_MEMORY, "out of memory"});
  } catch (const std::exception& e) {
    fail({EKWS_E_INTERNAL, std::string("internal error: ") + e.what()});
  }
}

void Connection::start_server() {
  guarded([this] {
    session_ = Session::server({limits_.max_message_bytes, limits_.max_fragments}, *this,
                               {limits_.compression, buffer_->inflate()}, pool_);
    start();
  });
}

void Connection::start_client(const ClientHandshake& handshake) {
  guarded([&] {
    session_ = Session::client({limits_.max_message_bytes, limits_.max_fragments}, handshake, *this,
                               {limits_.compression, buffer_->inflate()}, pool_);
    start();
  });
}

void Connection::start() {
  set_deadline(Deadline::handshake, limits_.handshake_timeout);
  shake_hands();
}

void Connection::shake_hands() {
  switch (stream_->handshake().io) {
    case Io::done:
      stream_ready_ = true;
      write();
      return read();
    case Io::want_read:
      return wait(asio::posix::stream_descriptor::wait_read, waiting_readable_);
    case Io::want_write:
      return wait(asio::posix::stream_descriptor::wait_write, waiting_writable_);
    case Io::end:
      return fail({EKWS_E_EOF, "the peer closed the connection before the TLS handshake was complete"});
    case Io::failed:
      return refuse(stream_->error());
  }
}

void Connection::on_open() {
  if (limits_.ping_interval.count() > 0) {
    next_ping_ = Clock::now() + limits_.ping_interval;
    set_deadline(Deadline::heartbeat, limits_.ping_interval);
  } else {
    timer_.cancel();
  }
  last_data_ = Clock::now();
  watch_all();
  owner_->on_open(*this);
}

void Connection::on_message(bool text, std::string_view payload, Bytes* memory) {
  delivered_ = true;
  if (owner_ != nullptr) owner_->on_message(*this, text, payload, memory);
}

void Connection::send(Message&& message) {
  session_->send(std::move(message));
  sending_ = true;
  advance();
}

void Connection::resume() {
  if (!stop_resting()) return;
  unanswered_since_.reset();  // it may have answered meanwhile, behind what was not read
  guarded([this] {
    read();
    if (!resting_) watch_all();
  });
}

/// `at_once`: whether or not the socket's event has come. So many `turns` in one.
void Connection::read(bool at_once, std::size_t turns) {
  std::size_t left = (session_->may_inflate() ? kTurnToInflate : kTurn) * turns;
  bool more = true;
  while (more && left > 0) more = read_once(at_once, left);
  if (owner_ != nullptr) owner_->on_turn_end();
  if (!more) return;
  asio::post(socket_.get_executor(),
             [self = shared_from_this(), at_once] { self->guarded([&] { self->read(at_once); }); });
}

/// Takes off `left` what was read. True where more may be had at once.
bool Connection::read_once(bool at_once, std::size_t& left) {
  if (!socket_.is_open() || (waiting_readable_ && !at_once) || resting_) return false;
  const bool delivers = session_->phase() == Session::Phase::open;
  if (delivers && sending_) return false;
  if (delivers && !owner_->may_read(*this)) {
    rest();
    return false;
  }
  Room room = session_->room();
  if (room.size == 0) room = {buffer_->data(), buffer_->size()};
  room.size = std::min(room.size, kTurn);
  if (session_->may_inflate()) room.size = std::min(room.size, kReadToInflate);
  const IoResult result = stream_->read(room.data, room.size);
  switch (result.io) {
    case Io::done:
      break;
    case Io::want_read:
      wait(asio::posix::stream_descriptor::wait_read, waiting_readable_);
      return false;
    case Io::want_write:
      wait(asio::posix::stream_descriptor::wait_write, waiting_writable_);
      return false;
    case Io::end:
      peer_ended_ = true;
      session_->receive_end();
      advance();
      return false;
    case Io::failed:
      fail(stream_->error());
      return false;
  }
  left -= std::min(left, result.size);
  heard_ = true;
  if (half_closed_) return true;  // discarded, so that our close is not turned into a reset by unread data
  receiving_ = true;
  session_->receive(room.data, result.size);
  receiving_ = false;
  received();
  if (owner_ != nullptr) owner_->on_batch_end();
  advance();
  if (result.more) return true;
  if (socket_.is_open()) wait(asio::posix::stream_descriptor::wait_read, waiting_readable_);
  return false;
}

void Connection::rest() {
  resting_ = true;
  resting_since_ = Clock::now();
  if (left_) return;
  hangups_.watch(socket_.native_handle(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->owner_ == nullptr) return;
    self->left_ = true;
    self->guarded([&] { self->owner_->on_left(*self); });
  });
}

/// False if it did not rest.
bool Connection::stop_resting() {
  if (!std::exchange(resting_, false)) return false;
  hangups_.forget(socket_.native_handle());
  // What we do not read cannot be held against the peer. What it let pass while we read still can, however often the
  // reader is behind.
  const auto rested = Clock::now() - resting_since_;
  last_data_ += rested;
  fragmented_since_ += rested;
  return true;
}

void Connection::write() {
  while (socket_.is_open() && !waiting_writable_) {
    if (written_ == output_.size()) {
      output_ = session_->take_output();
      written_ = 0;
      if (output_.empty()) {
        sending_ = false;
        return;
      }
    }
    const IoResult result = stream_->write(output_.data() + written_, output_.size() - written_);
    switch (result.io) {
      case Io::done:
        written_ += result.size;
        break;
      case Io::want_read:
        return wait(asio::posix::stream_descriptor::wait_read, waiting_readable_);
      case Io::want_write:
        return wait(asio::posix::stream_descriptor::wait_write, waiting_writable_);
      case Io::end:
      case Io::failed:
        // Where it is over already, what ended it is not that the peer has not waited for our answer.
        return fail(session_->phase() == Session::Phase::over ? session_->error() : stream_->error());
    }
  }
}

/// After anything that may have changed the session.
void Connection::advance() {
  if (receiving_ || !socket_.is_open()) return;
  if (stream_ready_) write();
  if (session_->phase() != Session::Phase::over || !socket_.is_open()) return;
  report(session_->error());
  if (peer_ended_ || !stream_ready_) return finish();
  if (deadline_ != Deadline::close) set_deadline(Deadline::close, limits_.close_timeout);
  if (written_ == output_.size() && !half_closed_) half_close();
}

void Connection::half_close() {
  half_closed_ = true;
  stop_resting();
  stream_->shutdown_write();
  // What still comes is thrown away: no need to decrypt it.
  stream_ = make_plain_stream(socket_.native_handle());
  // Not read() itself: advance() may have been called from there.
  if (!waiting_readable_) wait(asio::posix::stream_descriptor::wait_read, waiting_readable_);
}

void Connection::close(std::uint16_t code, std::string_view reason) {
  guarded([&] {
    if (session_ == nullptr) return finish();
    if (session_->phase() == Session::Phase::over) return;
    session_->close(code, reason);
    report(session_->error());
    set_deadline(Deadline::close, limits_.close_timeout);
    advance();
    if (stop_resting()) read();  // for the peer's close frame
  });
}

void Connection::reject(std::uint16_t code, std::string_view reason, const Error& why) {
  guarded([&] {
    if (session_->phase() == Session::Phase::over) return;
    session_->reject(code, reason, why);
    advance();
  });
}

/// Fails, and lets the peer read why (a TLS alert) before the descriptor goes.
void Connection::refuse(const Error& error) {
  report(error);
  set_deadline(Deadline::close, limits_.close_timeout);
  half_close();
}

void Connection::fail(const Error& error) {
  report(error);
  finish();
}

void Connection::report(const Error& error) {
  ConnectionOwner* owner = std::exchange(owner_, nullptr);
  if (owner == nullptr) return;
  try {
    owner->on_closed(*this, error);
  } catch (...) {
    // Out of memory in the telling: the descriptor must be closed all the same.
  }
}

void Connection::finish() {
  report({EKWS_E_STOPPED, "closed by us"});
  timer_.cancel();
  watch_timer_.cancel();
  if (socket_.is_open()) {
    stop_resting();
    asio::error_code ignored;
    socket_.close(ignored);
  }
}

void Connection::set_deadline(Deadline deadline, ConnectionLimits::Millis in) {
  deadline_ = deadline;
  timer_.start(in, [self = shared_from_this()] { self->guarded([&] { self->on_deadline(); }); });
}

void Connection::on_deadline() {
  switch (deadline_) {
    case Deadline::handshake:
      return fail({EKWS_E_HANDSHAKE_TIMEOUT, "the peer did not complete the handshake within " +
                                                 std::to_string(limits_.handshake_timeout.count()) +
                                                 " ms (handshakeTimeout)"});
    case Deadline::heartbeat:
      return beat();
    case Deadline::close:
      return finish();
  }
}

/// A ping every ping_interval; what is heard within pong_timeout of one, whatever it is, answers it.
void Connection::beat() {
  const auto now = Clock::now();
  const auto overdue = [&] {
    // While we do not read we cannot hear an answer.
    if (heard_ || resting_) unanswered_since_.reset();
    return unanswered_since_ && now - *unanswered_since_ >= limits_.pong_timeout;
  };
  // After a stall of this process all timers are due before we have come to all sockets: the answer may be in there.
  if (overdue()) read(true, kTurnsAtDeadline);
  if (!socket_.is_open() || deadline_ != Deadline::heartbeat) return;
  if (overdue()) {
    return fail({EKWS_E_PONG_TIMEOUT, "the peer did not answer a ping within " +
                                          std::to_string(limits_.pong_timeout.count()) + " ms (pongTimeout)"});
  }
  if (now >= next_ping_) {
    next_ping_ = now + limits_.ping_interval;
    if (!resting_ && !unanswered_since_) {
      unanswered_since_ = now;
      heard_ = false;
    }
    // Where writing is blocked the peer does not read what it was sent before; then at least it has to send something.
    if (!resting_ && !waiting_writable_) {
      session_->ping();
      write();
      if (!socket_.is_open()) return;
    }
  }
  const auto next = unanswered_since_ ? std::min(next_ping_, *unanswered_since_ + limits_.pong_timeout) : next_ping_;
  // Rounded up: not a moment before it is due.
  set_deadline(Deadline::heartbeat, std::chrono::ceil<ConnectionLimits::Millis>(next - now));
}

/// After the session has got what one read gave.
void Connection::received() {
  const std::size_t unfinished = session_->unfinished();
  const bool data = std::exchange(delivered_, false) || unfinished != unfinished_;
  const std::uint64_t fragmented = session_->fragmented();
  const bool begun = fragmented != std::exchange(fragmented_, fragmented) && fragmented != 0;
  if (data && limits_.idle_timeout.count() > 0) last_data_ = Clock::now();
  if (begun && limits_.fragment_timeout.count() > 0) {
    fragmented_since_ = Clock::now();
    watch(fragmented_since_ + limits_.fragment_timeout);
  }
  if (unfinished == std::exchange(unfinished_, unfinished) || owner_ == nullptr) return;
  owner_->on_unfinished(*this, unfinished);
}

void Connection::watch(Clock::time_point due) {
  if (watch_due_ && *watch_due_ <= due) return;  // then it is looked again
  watch_due_ = due;
  watch_timer_.start(std::chrono::ceil<ConnectionLimits::Millis>(due - Clock::now()),
                     [self = shared_from_this()] { self->guarded([&] { self->on_watch(); }); });
}

void Connection::on_watch() {
  watch_due_.reset();
  const auto now = Clock::now();
  const auto late_fragment = [&] {
    return fragmented_ != 0 && limits_.fragment_timeout.count() > 0 &&
           now - fragmented_since_ >= limits_.fragment_timeout;
  };
  const auto idle = [&] { return limits_.idle_timeout.count() > 0 && now - last_data_ >= limits_.idle_timeout; };
  const auto over = [&] { return !socket_.is_open() || resting_ || session_->phase() != Session::Phase::open; };
  if (over()) return;                                           // resume() has it looked at again
  if (late_fragment() || idle()) read(true, kTurnsAtDeadline);  // as in beat()
  if (over()) return;
  const auto text = [](ConnectionLimits::Millis limit, const char* name) {
    return std::to_string(limit.count()) + " ms (" + name + ")";
  };
  if (late_fragment()) {
    const std::string what = "a message was not complete within " + text(limits_.fragment_timeout, "fragmentTimeout");
    return reject(kPolicyViolation, what, {EKWS_E_FRAGMENT_TIMEOUT, what + "; closed with 1008"});
  }
  if (idle()) {
    const std::string what = "no message came within " + text(limits_.idle_timeout, "idleTimeout");
    return reject(kGoingAway, what, {EKWS_E_IDLE_TIMEOUT, what + "; closed with 1001"});
  }
  watch_all();
}

/// Sees to it that each limit is looked at when it may be due.
void Connection::watch_all() {
  if (!socket_.is_open() || session_->phase() != Session::Phase::open) return;
  if (fragmented_ != 0 && limits_.fragment_timeout.count() > 0) watch(fragmented_since_ + limits_.fragment_timeout);
  if (limits_.idle_timeout.count() > 0) watch(last_data_ + limits_.idle_timeout);
}

void Connection::wait(asio::posix::stream_descriptor::wait_type type, bool& waiting) {
  if (std::exchange(waiting, true)) return;
  socket_.async_wait(type, [self = shared_from_this(), &waiting](const asio::error_code& ec) {
    waiting = false;
    if (ec || !self->socket_.is_open()) return;
    self->guarded([&] {
      if (!self->stream_ready_ && !self->half_closed_) return self->shake_hands();
      self->advance();
      self->read();
    });
  });
}

}  // namespace ekws::net

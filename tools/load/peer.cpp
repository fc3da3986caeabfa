#include "peer.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ekws_load {
namespace {

constexpr uint32_t kControlMask = 0x5a5aa5a5;
constexpr char kNormalClosure[] = "\x03\xe8";  // 1000 (RFC 6455 section 7.4.1)

std::string close_text(const std::string& payload) {
  if (payload.size() < 2) return "closed without a code";
  int code = static_cast<uint8_t>(payload[0]) << 8 | static_cast<uint8_t>(payload[1]);
  std::string text = "closed with " + std::to_string(code);
  return payload.size() > 2 ? text + " (" + payload.substr(2) + ")" : text;
}

}  // namespace

Peer::Peer(Fd fd, Role role, std::shared_ptr<Cursor> cursor)
    : fd_(std::move(fd)),
      role_(role),
      name_(peer_name(fd_.get())),
      cursor_(std::move(cursor)),
      reader_([this](Opcode opcode, const std::string& payload) { on_control(opcode, payload); }) {}

uint64_t Peer::send(Feed& feed, uint64_t max, size_t chunk_bytes) {
  const uint64_t count = feed.fill(chunk_, cursor_->next, std::min(max, cursor_->left), chunk_bytes);
  cursor_->next += count;
  cursor_->left -= count;
  flush();
  return count;
}

void Peer::start_close() {
  if (state_ != State::sending) return;
  state_ = State::closing;
  append_control(controls_, Opcode::close, {kNormalClosure, 2}, role_, kControlMask);
  if (!blocked_) flush();
}

void Peer::flush() {
  blocked_ = false;
  while (!over()) {
    if (flushed_ == chunk_.data.size()) {
      sent_ += chunk_.messages;
      sent_bytes_ += chunk_.payload_bytes;
      chunk_.clear();
      flushed_ = 0;
      if (controls_.empty()) break;
      chunk_.data.swap(controls_);
    }
    ssize_t n = ::send(fd_.get(), chunk_.data.data() + flushed_, chunk_.data.size() - flushed_, MSG_NOSIGNAL);
    if (n >= 0) {
      flushed_ += static_cast<size_t>(n);
    } else if (errno == EAGAIN) {
      blocked_ = true;
      return;
    } else if (errno != EINTR) {
      blocked_ = true;
      receive();  // a close frame that says why may have come in before the reset
      if (!over()) fail(std::strerror(errno));
    }
  }
}

void Peer::receive() {
  char buffer[16384];
  while (!over()) {
    ssize_t n = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (n > 0) {
      if (!reader_.feed(buffer, static_cast<size_t>(n))) fail("sent what is no WebSocket frame");
    } else if (n == 0) {
      fail(state_ == State::closing ? "ended the connection without a close frame" : "ended the connection");
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      fail(std::strerror(errno));
    }
  }
  if (!over() && !blocked_ && !controls_.empty()) flush();
}

void Peer::on_control(Opcode opcode, const std::string& payload) {
  if (opcode == Opcode::ping) append_control(controls_, Opcode::pong, payload, role_, kControlMask);
  if (opcode == Opcode::close) on_close(payload);
}

void Peer::on_close(const std::string& payload) {
  if (over()) return;
  const bool all_out = flushed_ == chunk_.data.size() && controls_.empty();
  if (state_ == State::closing && all_out) {
    state_ = State::finished;
    return;
  }
  // The peer was first. Whatever is still with us it will not read; the echo goes out only if no frame is half sent.
  state_ = State::left;
  error_ = close_text(payload);
  if (flushed_ != 0 && flushed_ != chunk_.data.size()) return;
  std::vector<char> echo;
  append_control(echo, Opcode::close, std::string_view(payload).substr(0, 2), role_, kControlMask);
  (void)::send(fd_.get(), echo.data(), echo.size(), MSG_NOSIGNAL);
}

void Peer::fail(const std::string& why) {
  if (over()) return;
  state_ = State::failed;
  if (error_.empty()) error_ = why;
}

}  // namespace ekws_load

// A Connection on one end of a socket pair, and its peer, written by hand, on the other.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/frames.h"
#include "net/handshake.h"
#include "net/loop.h"
#include "net/roles.h"
#include "net/tls_kit.h"

namespace ekws::net {

using Millis = std::chrono::milliseconds;

/// Notes what it is told; what a test wants otherwise it hangs into the hooks.
class Owner : public ConnectionOwner {
 public:
  Response on_request(Connection&, const Request& request) override {
    targets.push_back(request.target);
    if (when_request) when_request();
    return answer;
  }
  void on_open(Connection& connection) override {
    ++opened;
    if (when_open) when_open(connection);
  }
  void on_message(Connection& connection, bool text, std::string_view payload, ekws::Bytes*) override {
    messages.push_back({text, std::string(payload)});
    if (when_message) when_message(connection);
  }
  bool may_read(Connection&) override {
    ++asked;
    return room;
  }
  void on_batch_end() override { ++batches; }
  void on_turn_end() override { told = messages.size(); }
  void on_unfinished(Connection&, std::size_t bytes) override { unfinished.push_back(bytes); }
  void on_left(Connection&) override { ++left; }
  void on_closed(Connection&, const Error& error) override {
    ++closed;
    why = error;
  }

  std::function<void()> when_request;
  std::function<void(Connection&)> when_open;
  std::function<void(Connection&)> when_message;
  Response answer;
  bool room = true;

  std::vector<std::string> targets;
  std::vector<Message> messages;
  std::vector<std::size_t> unfinished;
  std::size_t told = 0;  ///< messages that were there at the end of a turn
  int opened = 0, asked = 0, batches = 0, left = 0, closed = 0;
  Error why;
};

/// A role, and what is below it.
struct Way {
  constexpr Way(Role r, bool with_tls = false) : role(r), tls(with_tls) {}  // NOLINT: a role alone is plain
  Role role;
  bool tls;
};

inline void in_every_way(const std::function<void(Way)>& test) {
  for (const bool tls : {false, true}) {
    SCOPED_TRACE(tls ? "TLS" : "plain");
    in_both_roles([&](Role role) { test({role, tls}); });
  }
}

/// The raw end. Never blocks: pump() moves what can be moved.
class RawPeer {
 public:
  RawPeer(Fd fd, bool masks, std::unique_ptr<TlsPeer> tls = nullptr)
      : fd_(std::move(fd)), masks_(masks), tls_(std::move(tls)) {
    if (tls_) tls_->start(fd_.get());
  }

  void send(std::string_view bytes) { out_.append(bytes); }
  void send(const Frame& frame) { out_ += encode(frame, masks_); }
  void finish_writing() {
    if (tls_) tls_->say_close_notify();
    ::shutdown(fd_.get(), SHUT_WR);
  }
  void leave() { fd_.reset(); }
  /// Off: what is sent to it stays in the socket.
  void set_reading(bool reading) { reading_ = reading; }

  /// True once all of send() is in the socket.
  bool pump() {
    if (!fd_) return true;
    if (tls_) return pump_tls();
    while (!out_.empty()) {
      const ssize_t sent = ::send(fd_.get(), out_.data(), std::min<std::size_t>(out_.size(), 1U << 16U), MSG_NOSIGNAL);
      if (sent < 0) break;
      out_.erase(0, static_cast<std::size_t>(sent));
    }
    std::vector<char> buffer(1U << 16U);
    while (reading_ && !ended_) {
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0) break;
      if (got == 0) ended_ = true;
      in_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return out_.empty();
  }

  /// What has come and was not taken yet.
  std::string& received() { return in_; }
  std::vector<Frame> take() { return take_frames(in_, !masks_); }
  bool ended() const { return ended_; }
  /// Null where it is plain.
  TlsPeer* tls() { return tls_.get(); }
  /// After its context was changed, and before anything was sent.
  void restart_tls() { tls_->start(fd_.get()); }

 private:
  bool pump_tls() {
    if (!tls_->shake_hands()) return out_.empty();
    // One that has to be repeated keeps its bytes, so a record at a time.
    while (!out_.empty() && tls_->error().empty()) {
      const std::size_t size = std::min<std::size_t>(out_.size(), 1U << 14U);
      if (!tls_->write(std::string_view(out_).substr(0, size))) break;
      out_.erase(0, size);
    }
    if (reading_ && !ended_) {
      in_ += tls_->read();
      ended_ = tls_->ended() || !tls_->error().empty();
    }
    return out_.empty();
  }

  Fd fd_;
  const bool masks_;
  const std::unique_ptr<TlsPeer> tls_;
  std::string out_;
  std::string in_;
  bool reading_ = true;
  bool ended_ = false;
};

inline ConnectionLimits generous() {
  return {16U << 20U, std::chrono::seconds(20), std::chrono::seconds(20), Millis(0), Millis(0)};
}

/// One connection in one role. Everything happens inside until().
class Pair {
 public:
  explicit Pair(Way way, const ConnectionLimits& limits = generous(), std::size_t read_buffer = 4096,
                const TlsOptions* tls = nullptr)
      : role_(way.role) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    const bool server = role_ == Role::server;
    peer = std::make_unique<RawPeer>(Fd(ends[1]), server, way.tls ? std::make_unique<TlsPeer>(!server) : nullptr);
    auto stream = way.tls ? TlsContext(tls != nullptr ? *tls : options_of(server)).make_stream(ends[0], "localhost")
                          : make_plain_stream(ends[0]);
    const auto connection = std::make_shared<Connection>(loop.io(), Fd(ends[0]), std::move(stream), 7, "peer", limits,
                                                         owner, std::make_shared<ReadBuffer>(read_buffer));
    held_ = connection;
    watched_ = connection;
  }

  template <typename Condition>
  bool until(Condition condition, Millis deadline = std::chrono::seconds(10)) {
    return loop.until(
        [&] {
          peer->pump();
          return condition();
        },
        deadline);
  }
  void run_for(Millis time) {
    until([] { return false; }, time);
  }

  void start() {
    if (role_ == Role::server) return connection().start_server();
    connection().start_client({"host", "/target", {}});
  }
  /// Shakes hands; `behind` goes to the connection in the same write as the handshake.
  Pair& open(const std::string& behind = {}) {
    start();
    if (role_ == Role::server) {
      peer->send(request() + behind);
      EXPECT_TRUE(until([&] { return peer->received().find("\r\n\r\n") != std::string::npos; }));
    } else {
      EXPECT_TRUE(until([&] { return peer->received().find("\r\n\r\n") != std::string::npos; }));
      peer->send(response(peer->received()) + behind);
      EXPECT_TRUE(until([&] { return owner.opened != 0; }));
    }
    auto& received = peer->received();
    received.erase(0, received.find("\r\n\r\n") + 4);
    EXPECT_EQ(owner.opened, 1) << owner.why.text;
    return *this;
  }

  /// Frames that came within the deadline, `count` of them at least.
  std::vector<Frame> frames(std::size_t count) {
    std::vector<Frame> all;
    EXPECT_TRUE(until([&] {
      for (Frame& frame : peer->take()) all.push_back(std::move(frame));
      return all.size() >= count;
    })) << all.size()
        << " frames came";
    return all;
  }

  Connection& connection() { return *watched_.lock(); }
  /// As its owner does after on_closed.
  void let_go() { held_ = nullptr; }
  /// Nothing holds it any more: descriptor and timers are gone.
  bool gone() {
    if (owner.closed != 0) held_ = nullptr;
    return watched_.expired();
  }

  // In the order in which they may go: a connection's pending operations live in the loop.
  Owner owner;
  Loop loop;
  std::unique_ptr<RawPeer> peer;

 private:
  const Role role_;
  std::shared_ptr<Connection> held_;
  std::weak_ptr<Connection> watched_;
};

}  // namespace ekws::net

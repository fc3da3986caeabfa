// A connection that gets back what it sends.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "net/connection.h"

namespace ekws::echo {

/// io thread.
class Peer : public net::ConnectionOwner {
 public:
  /// Called last of all, with whether the handshake was completed and why the connection has ended.
  using OnClosed = std::function<void(bool was_open, const Error& why)>;

  explicit Peer(OnClosed on_closed) : on_closed_(std::move(on_closed)) {}

  net::Response on_request(net::Connection&, const net::Request&) override { return {}; }
  void on_open(net::Connection&) override { open_ = true; }
  void on_message(net::Connection& connection, bool text, std::string_view payload, Bytes*) override {
    connection.send({text, std::string(payload)});
  }
  /// That a peer who does not read is not read from is the connection's own business: see Connection::send.
  bool may_read(net::Connection&) override { return true; }
  void on_batch_end() override {}
  void on_turn_end() override {}
  void on_unfinished(net::Connection&, std::size_t) override {}
  void on_left(net::Connection&) override {}
  void on_closed(net::Connection&, const Error& why) override {
    const OnClosed tell = std::move(on_closed_);
    tell(open_, why);
  }

 private:
  OnClosed on_closed_;
  bool open_ = false;
};

}  // namespace ekws::echo

// A connection and those who read from it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subscription.h"
#include "net/connection.h"

namespace ekws::core {

class Endpoint;

/// io thread of its endpoint, which it does not outlive.
class Peer : public net::ConnectionOwner, public std::enable_shared_from_this<Peer> {
 public:
  explicit Peer(Endpoint& endpoint) : endpoint_(endpoint) {}

  void set_connection(std::shared_ptr<net::Connection> connection) { connection_ = std::move(connection); }
  net::Connection& connection() { return *connection_; }
  bool is_open() const { return open_; }
  /// To those who read from it.
  void log(int level, const std::string& line);

  /// Payload of the OPENED record.
  void set_metadata(std::string json) { metadata_ = std::move(json); }

  void add_feed(SubscriptionPtr to);
  void remove_feed(const Subscription& to);
  bool feeds(const Subscription& to) const;
  bool has_feeds() const { return !feeds_.empty(); }

  /// Queues a CLOSED for each OPENED; where it throws, it is to be called again for the others.
  void say_closed();
  /// See Endpoint::keep_leaving().
  std::shared_ptr<Peer>& next_leaving() { return next_leaving_; }

  /// True while no queue that it feeds is full.
  bool has_room() const { return full_feed() == nullptr; }
  /// Bytes that it keeps of a message that is not complete.
  std::size_t unfinished() const { return unfinished_; }

  // net::ConnectionOwner
  net::Response on_request(net::Connection& connection, const net::Request& request) override;
  void on_open(net::Connection& connection) override;
  void on_message(net::Connection& connection, bool text, std::string_view payload, Bytes* memory) override;
  bool may_read(net::Connection& connection) override;
  void on_batch_end() override;
  void on_turn_end() override;
  void on_unfinished(net::Connection& connection, std::size_t bytes) override;
  void on_left(net::Connection& connection) override;
  void on_closed(net::Connection& connection, const Error& why) override;

 private:
  struct Feed {
    SubscriptionPtr to;
    bool announced = false;  ///< OPENED was queued
  };

  /// The first whose queue is full; null if none is.
  const Feed* full_feed() const;
  void deliver(Feed& feed, const data::RecordView& record, Bytes* memory);
  /// " while it was not read from, since … is behind"; empty where that is not so.
  std::string while_not_read() const;

  Endpoint& endpoint_;
  std::shared_ptr<net::Connection> connection_;
  std::shared_ptr<Peer> next_leaving_;
  std::string metadata_;
  std::vector<Feed> feeds_;
  std::string behind_;       ///< who held up reading; empty once something was read again
  std::string left_behind_;  ///< who held up reading when the peer left
  std::size_t unfinished_ = 0;
  std::int64_t batch_ns_ = 0;  ///< receive time of the bytes being read; 0 between batches
  bool open_ = false;
};

}  // namespace ekws::core

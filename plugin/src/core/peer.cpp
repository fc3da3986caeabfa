#include "core/peer.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/json_shape.h"
#include "core/endpoint.h"

namespace ekws::core {

namespace {

/// To look through a message costs more than its place in an array saves where few would fit into one.
constexpr std::size_t kLargestJoined = 4096;

}  // namespace

void Peer::add_feed(SubscriptionPtr to) {
  if (open_) to->count_opened();
  feeds_.push_back({std::move(to)});
}

void Peer::remove_feed(const Subscription& to) {
  const auto gone =
      std::remove_if(feeds_.begin(), feeds_.end(), [&](const Feed& feed) { return feed.to.get() == &to; });
  feeds_.erase(gone, feeds_.end());
}

void Peer::log(int level, const std::string& line) {
  for (const Feed& feed : feeds_) feed.to->events().log(level, line);
}

bool Peer::feeds(const Subscription& to) const {
  return std::any_of(feeds_.begin(), feeds_.end(), [&](const Feed& feed) { return feed.to.get() == &to; });
}

const Peer::Feed* Peer::full_feed() const {
  const auto full =
      std::find_if(feeds_.begin(), feeds_.end(), [](const Feed& feed) { return feed.to->queue().full(); });
  return full == feeds_.end() ? nullptr : &*full;
}

net::Response Peer::on_request(net::Connection&, const net::Request& request) {
  return endpoint_.on_request(*this, request);
}

void Peer::on_open(net::Connection&) {
  open_ = true;
  for (const Feed& feed : feeds_) feed.to->count_opened();
  endpoint_.on_open(*this);
}

void Peer::on_message(net::Connection&, const net::Received& message) {
  if (feeds_.empty()) return;
  if (batch_ns_ == 0) batch_ns_ = wall_ns();
  const int kind = message.text ? EKWS_TEXT : EKWS_BINARY;
  const bool joined =
      message.payload.size() <= kLargestJoined &&
      std::any_of(feeds_.begin(), feeds_.end(), [](const Feed& feed) { return feed.to->config().batch; });
  const JsonShape shape = joined ? json_shape(message.payload) : JsonShape::other;
  const data::RecordView record{kind, 0, connection_->id(), batch_ns_, message.payload, shape};
  for (std::size_t i = 0; i + 1 < feeds_.size(); ++i) deliver(feeds_[i], record, nullptr);
  deliver(feeds_.back(), record, message.memory);
}

void Peer::deliver(Feed& feed, data::RecordView record, Bytes* memory) {
  data::Queue& queue = feed.to->queue();
  if (!std::exchange(feed.announced, true)) {
    queue.push({EKWS_OPENED, 0, connection_->id(), batch_ns_, metadata_});
  }
  feed.to->count_message(record.payload.size());
  if (!feed.to->config().batch) record.shape = JsonShape::other;
  queue.push(record, memory);
}

bool Peer::may_read(net::Connection&) {
  const Feed* full = full_feed();
  if (full == nullptr) return true;
  behind_ = full->to->config().label;
  endpoint_.rest(shared_from_this());
  return false;
}

void Peer::on_batch_end() {
  behind_.clear();
  batch_ns_ = 0;
}

void Peer::on_turn_end() {
  for (const Feed& feed : feeds_) feed.to->queue().flush();
}

void Peer::on_unfinished(net::Connection&, std::size_t bytes) {
  const std::size_t before = std::exchange(unfinished_, bytes);
  endpoint_.on_unfinished(*this, before);
}

void Peer::on_left(net::Connection&) {
  left_behind_ = behind_;
  endpoint_.on_left(*this, "the peer has left" + while_not_read() + "; what it sent before is still delivered");
}

std::string Peer::while_not_read() const {
  const std::string& who = left_behind_.empty() ? behind_ : left_behind_;
  return who.empty() ? std::string() : " while it was not read from, since " + who + " is behind";
}

void Peer::on_closed(net::Connection& connection, const Error& why) {
  const auto self = shared_from_this();  // the endpoint lets go of us
  if (unfinished_ != 0) on_unfinished(connection, 0);
  const bool was_open = std::exchange(open_, false);
  for (Feed& feed : feeds_) {
    if (was_open) feed.to->count_closed();
    if (!feed.announced) continue;
    feed.to->queue().push({EKWS_CLOSED, 0, connection.id(), wall_ns(), {}});
    feed.to->queue().flush();
  }
  if (was_open) {
    for (const Feed& feed : feeds_) feed.to->count_failure(why.code);
  } else {
    endpoint_.count_failure(why.code);
  }
  Error error = why;
  if (const std::string note = while_not_read(); !note.empty()) error.text += "; it left" + note;
  endpoint_.on_closed(*this, error, was_open);
}

}  // namespace ekws::core

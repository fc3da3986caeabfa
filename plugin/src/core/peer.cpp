#include "core/peer.h"

#include <algorithm>
#include <new>
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
  feeds_.push_back({std::move(to)});
  if (open_) feeds_.back().to->count_opened();
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

void Peer::on_message(net::Connection&, bool text, std::string_view payload, Bytes* memory) {
  if (feeds_.empty()) return;
  if (batch_ns_ == 0) batch_ns_ = wall_ns();
  const int kind = text ? EKWS_TEXT : EKWS_BINARY;
  const bool joined =
      payload.size() <= kLargestJoined &&
      std::any_of(feeds_.begin(), feeds_.end(), [](const Feed& feed) { return feed.to->config().batch; });
  const JsonShape shape = joined ? shape_of(payload, text) : JsonShape::other;
  const data::RecordView record{kind, 0, connection_->id(), batch_ns_, payload, shape};
  for (std::size_t i = 0; i + 1 < feeds_.size(); ++i) deliver(feeds_[i], record, nullptr);
  deliver(feeds_.back(), record, memory);
}

void Peer::deliver(Feed& feed, const data::RecordView& record, Bytes* memory) {
  data::Queue& queue = feed.to->queue();
  if (!feed.announced) {
    queue.push({EKWS_OPENED, 0, connection_->id(), batch_ns_, metadata_});
    feed.announced = true;
  }
  feed.to->count_message(record.payload.size());
  if (record.shape == JsonShape::other || feed.to->config().batch) return queue.push(record, memory);
  data::RecordView alone = record;
  alone.shape = JsonShape::other;
  queue.push(alone, memory);
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
  try {
    left_behind_ = behind_;
    endpoint_.on_left(*this, "the peer has left" + while_not_read() + "; what it sent before is still delivered");
  } catch (const std::bad_alloc&) {
    // Then its end is all that is told. What it sent must not be lost for want of a text.
  }
}

std::string Peer::while_not_read() const {
  const std::string& who = left_behind_.empty() ? behind_ : left_behind_;
  return who.empty() ? std::string() : " while it was not read from, since " + who + " is behind";
}

void Peer::on_closed(net::Connection& connection, const Error& why) {
  const auto self = shared_from_this();  // the endpoint lets go of us
  const bool was_open = std::exchange(open_, false);
  for (const Feed& feed : feeds_) {
    if (!was_open) break;
    feed.to->count_closed();
    feed.to->count_failure(why.code);
  }
  if (!was_open) endpoint_.count_failure(why.code);
  // Each step whatever becomes of the others: there may be no memory for one of them.
  try {
    if (unfinished_ != 0) on_unfinished(connection, 0);
  } catch (...) {
    // It was for another one to be rejected, which the next bytes bring about.
  }
  try {
    say_closed();
  } catch (...) {
    endpoint_.keep_leaving(self);
  }
  Error error{why.code, {}};
  try {
    const std::string note = while_not_read();
    error.text = note.empty() ? why.text : why.text + "; it left" + note;
  } catch (const std::bad_alloc&) {
    error.text = "out of memory";
  }
  try {
    endpoint_.on_closed(*this, error, was_open);
  } catch (...) {
    endpoint_.recover_soon();
  }
}

void Peer::say_closed() {
  for (Feed& feed : feeds_) {
    if (!feed.announced) continue;
    feed.to->queue().push({EKWS_CLOSED, 0, connection_->id(), wall_ns(), {}});
    feed.announced = false;
    feed.to->queue().flush();
  }
}

}  // namespace ekws::core

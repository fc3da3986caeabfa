// One open connection: sends chunks of frames, answers pings, closes in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "feed.h"
#include "frame_reader.h"
#include "socket.h"

namespace ekws_load {

/// Which messages are still to be sent; shared among connections that spread one sequence.
struct Cursor {
  uint64_t next = 1;
  uint64_t left = UINT64_MAX;
};

/// One thread. No call blocks: what does not go out now goes with the next flush().
class Peer {
 public:
  enum class State {
    sending,
    closing,   // our close frame is sent or waits behind the last chunk
    finished,  // the peer answered it
    left,      // the peer closed first
    failed     // see error()
  };

  Peer(Fd fd, Role role, std::shared_ptr<Cursor> cursor);

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }
  State state() const { return state_; }
  bool over() const { return state_ != State::sending && state_ != State::closing; }
  const std::string& error() const { return error_; }

  /// Messages and payload bytes that the system took over from us.
  uint64_t sent() const { return sent_; }
  uint64_t sent_bytes() const { return sent_bytes_; }

  /// True while the socket takes no more.
  bool blocked() const { return blocked_; }
  bool exhausted() const { return cursor_->left == 0; }

  /// Encodes up to `max` messages and sends what goes; returns how many were taken from the cursor. Not while blocked.
  uint64_t send(Feed& feed, uint64_t max, size_t chunk_bytes);

  /// Nothing is sent after this but what is encoded and a close frame 1000.
  void start_close();

  void flush();
  void receive();
  void fail(const std::string& why);

 private:
  void on_control(Opcode opcode, const std::string& payload);
  void on_close(const std::string& payload);

  const Fd fd_;
  const Role role_;
  const std::string name_;
  const std::shared_ptr<Cursor> cursor_;
  FrameReader reader_;
  State state_ = State::sending;
  std::string error_;
  Chunk chunk_;
  size_t flushed_ = 0;          // bytes of the chunk
  std::vector<char> controls_;  // go out behind the chunk
  bool blocked_ = false;
  uint64_t sent_ = 0;
  uint64_t sent_bytes_ = 0;
};

}  // namespace ekws_load

// The sending loop: one thread, epoll, all peers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "args.h"
#include "feed.h"
#include "pace.h"
#include "peer.h"
#include "report.h"
#include "signals.h"

namespace ekws_load {

/// Sends until the messages are used up, the time is over or a signal comes, then closes in order. One thread.
class Loop {
 public:
  Loop(const Args& args, Role role, Signals& signals);

  void add(std::unique_ptr<Peer> peer);

  /// `on_ready` is called with the listener whenever it has a connection to accept; it may add() it. The listener is
  /// closed as soon as nobody more is to be served.
  void watch(Fd listener, std::function<void(int listener)> on_ready);

  /// Begins to send once `peers` of them are there. Returns the exit status: 0 if every peer got what it was due and
  /// closed in order.
  int run(uint64_t peers);

 private:
  void begin_if_complete(uint64_t peers);
  void wait();
  void handle(Peer& peer, uint32_t events);
  void update_interest(Peer& peer);
  void pump();
  void stop();
  void check_deadlines();
  void bury();
  void progress();
  bool done() const;
  int wait_ms() const;
  double elapsed() const;
  Totals totals() const;

  const Args args_;
  const bool peers_may_leave_;  // an endless server outlives its peers
  Signals& signals_;
  const Payload payload_;
  Feed feed_;
  Pace pace_;
  Fd epoll_;
  Fd listener_;
  std::function<void(int)> on_ready_;
  std::vector<std::unique_ptr<Peer>> peers_;
  size_t turn_ = 0;  // where the next round over the peers begins
  uint64_t opened_ = 0;
  Totals buried_;
  Totals last_progress_;
  double last_progress_at_ = 0;
  bool ready_ = false;  // enough peers were there once
  bool go_ = false;     // and no signal is waited for
  bool begun_ = false;
  bool more_to_send_ = false;  // some peer takes more right now
  bool stopping_ = false;
  bool given_up_ = false;
  uint64_t failures_ = 0;
  Clock::time_point start_;
  std::optional<Clock::time_point> closing_since_;  // since when no peer is sending
};

}  // namespace ekws_load

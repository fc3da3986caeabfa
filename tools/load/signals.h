// Signals as something to wait for.
#pragma once

#include "socket.h"

namespace ekws_load {

/// From its construction on SIGINT and SIGTERM (stop) and SIGUSR1 (go, see --hold) are readable on a descriptor each
/// instead of ending the process; SIGPIPE is ignored. Make it before any thread.
class Signals {
 public:
  Signals();

  int stop_fd() const { return stop_.get(); }
  int go_fd() const { return go_.get(); }

  /// Take what has come; true if there was any.
  bool take_stop() { return take(stop_.get()); }
  bool take_go() { return take(go_.get()); }

 private:
  static bool take(int fd);

  Fd stop_;
  Fd go_;
};

}  // namespace ekws_load

// An io loop with a thread that runs it.
#pragma once

#include <poll.h>

#include <atomic>
#include <thread>

#include "base/signals.h"
#include "net/io_loop.h"

class LoopThread {
 public:
  LoopThread() {
    const ekws::BlockedSignals blocked;
    thread_ = std::thread([this] { run(); });
  }
  ~LoopThread() {
    ending_ = true;
    loop_.ask_to_recover();  // wakes it
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  ekws::net::IoLoop& loop() { return loop_; }
  ekws::net::IoLoop* operator->() { return &loop_; }

 private:
  void run() {
    const ekws::Fd fd = loop_.descriptor();
    for (;;) {
      const auto turn = loop_.turn([] { return false; });
      if (ending_) return;  // behind the turn, which may have taken the wake() for it
      if (turn.more) continue;
      pollfd waited{fd.get(), POLLIN, 0};
      ::poll(&waited, 1, turn.within ? static_cast<int>(turn.within->count()) : -1);
    }
  }

  ekws::net::IoLoop loop_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

// News about a subscription: states and log lines.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

#include "data/batch.h"
#include "data/record.h"
#include "data/wakeup.h"

namespace ekws::data {

/// Bounded; thread-safe. States keep their order; where nobody reads, the oldest log lines make room, debug lines
/// first, and a line says how many others are missing; of the states the last ones remain.
class Events {
 public:
  explicit Events(Wakeup& wakeup) : wakeup_(wakeup) {}

  void state(int state, std::string reason);
  void log(int level, std::string line);

  /// Poll thread.
  void drain(Batch& batch);

 private:
  static constexpr std::size_t kMaxLogs = 256;
  static constexpr std::size_t kMaxStates = 32;

  void push(Record&& record, std::size_t& count, std::size_t max);
  bool make_room(const Record& record, std::size_t& count);

  Wakeup& wakeup_;
  std::mutex mutex_;
  // guarded by mutex_
  std::deque<Record> records_;
  std::size_t logs_ = 0;
  std::size_t states_ = 0;
  std::size_t lost_logs_ = 0;
};

}  // namespace ekws::data

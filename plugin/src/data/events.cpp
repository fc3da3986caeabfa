#include "data/events.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace ekws::data {

void Events::state(int state, std::string reason) {
  push({EKWS_STATE, state, 0, wall_ns(), std::move(reason)}, states_, kMaxStates);
}

void Events::log(int level, std::string line) {
  push({EKWS_LOG, level, 0, wall_ns(), std::move(line)}, logs_, kMaxLogs);
}

void Events::push(Record&& record, std::size_t& count, std::size_t max) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (count == max && !make_room(record, count)) return;
    records_.push_back(std::move(record));
    ++count;
  }
  wakeup_.signal();
}

/// False: the record is the one that may be missing.
bool Events::make_room(const Record& record, std::size_t& count) {
  const auto is_debug = [](const Record& other) { return other.kind == EKWS_LOG && other.arg == EKWS_LOG_DEBUG; };
  auto oldest = records_.end();
  if (record.kind == EKWS_LOG) {
    oldest = std::find_if(records_.begin(), records_.end(), is_debug);
    if (oldest == records_.end() && is_debug(record)) return false;
    if (oldest == records_.end()) ++lost_logs_;
  }
  if (oldest == records_.end()) {
    oldest = std::find_if(records_.begin(), records_.end(), [&](const Record& r) { return r.kind == record.kind; });
  }
  records_.erase(oldest);
  --count;
  return true;
}

void Events::drain(Batch& batch) {
  wakeup_.answer();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (lost_logs_ != 0) {
    const Record note{EKWS_LOG, EKWS_LOG_WARN, 0, wall_ns(),
                      std::to_string(lost_logs_) + " log lines were dropped because nobody read them"};
    if (!batch.put(note)) {
      batch.out().more = 1;
      return;
    }
    lost_logs_ = 0;
  }
  while (!records_.empty() && batch.put(records_.front())) {
    --(records_.front().kind == EKWS_LOG ? logs_ : states_);
    records_.pop_front();
  }
  batch.out().more = records_.empty() ? 0 : 1;
}

}  // namespace ekws::data

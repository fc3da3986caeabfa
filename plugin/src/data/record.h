// What waits in a queue, and how it is written into the caller's memory.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>

#include "ekws/ekws.h"

namespace ekws::data {

struct Record {
  int kind = 0;
  int arg = 0;
  std::uint64_t connection = 0;
  std::int64_t received_ns = 0;
  std::string payload;
};

/// The caller's buffers for one drain; see ekws_drain. Lives for that call.
class Batch {
 public:
  Batch(void* bytes, std::size_t bytes_cap, ekws_record* records, std::size_t records_cap)
      : bytes_(static_cast<char*>(bytes)), bytes_cap_(bytes_cap), records_(records), records_cap_(records_cap) {}

  /// False where the record does not fit any more; if it is the first one, `needed` says what it would take.
  bool put(const Record& record) {
    const std::size_t size = record.payload.size();
    if (out_.records == records_cap_) return false;
    if (size > bytes_cap_ - out_.bytes) {
      if (out_.records == 0) out_.needed = size;
      return false;
    }
    if (size != 0) std::memcpy(bytes_ + out_.bytes, record.payload.data(), size);
    records_[out_.records++] = {out_.bytes, size, record.received_ns, record.connection, record.kind, record.arg};
    out_.bytes += size;
    return true;
  }

  ekws_drained& out() { return out_; }

 private:
  char* bytes_;
  std::size_t bytes_cap_;
  ekws_record* records_;
  std::size_t records_cap_;
  ekws_drained out_{};
};

}  // namespace ekws::data

// How records are written into the caller's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "data/record.h"

namespace ekws::data {

/// The caller's buffers for one drain; see ekws_drain. Lives for that call. Records that may be joined
/// (RecordView::shape) and follow one another become one, a JSON array.
class Batch {
 public:
  Batch(void* bytes, std::size_t bytes_cap, ekws_record* records, std::size_t records_cap)
      : bytes_(static_cast<char*>(bytes)), bytes_cap_(bytes_cap), records_(records), records_cap_(records_cap) {}

  /// False where the record does not fit any more; if it is the first one, `needed` says what it would take.
  bool put(const RecordView& record);

  ekws_drained& out() { return out_; }

 private:
  bool join(const RecordView& record);
  void append(std::string_view text);

  char* bytes_;
  std::size_t bytes_cap_;
  ekws_record* records_;
  std::size_t records_cap_;
  ekws_drained out_{};

  /// The array that the last record is, or becomes when another one joins it: its "[" is there already.
  bool open_ = false;
  std::size_t array_begin_ = 0;
  std::size_t array_end_ = 0;  ///< behind its last element
};

}  // namespace ekws::data

#include "data/batch.h"

#include <cstring>

namespace ekws::data {

namespace {

/// A long array holds up what comes behind it, and gains nothing any more.
constexpr int kMostJoined = 512;
constexpr std::size_t kLargestArray = 256 * 1024;

/// What stands between the brackets of an array; an object as it is.
std::string_view elements(const RecordView& record) {
  std::string_view text = record.payload;
  if (record.shape != JsonShape::objects) return text;
  const std::size_t first = text.find('[') + 1;
  return text.substr(first, text.rfind(']') - first);
}

}  // namespace

bool Batch::put(const RecordView& record) {
  if (open_ && join(record)) return true;
  const bool object = record.shape == JsonShape::object;
  const std::size_t size = record.payload.size();
  const std::size_t space = size + (object ? 1 : 0);
  if (out_.records == records_cap_) return false;
  if (space > bytes_cap_ - out_.bytes) {
    if (out_.records == 0) out_.needed = space;
    return false;
  }
  array_begin_ = out_.bytes;
  if (object) append("[");
  const std::size_t begin = out_.bytes;
  append(record.payload);
  const bool message = record.kind == EKWS_TEXT || record.kind == EKWS_BINARY;
  records_[out_.records++] = {
      begin, size, record.received_ns, record.connection, record.kind, message ? 1 : record.arg};
  open_ = record.shape != JsonShape::other;
  array_end_ = out_.bytes;
  if (record.shape == JsonShape::objects) {
    array_begin_ = begin + record.payload.find('[');
    array_end_ = begin + record.payload.rfind(']');
  }
  return true;
}

/// False where it does not belong to the last record, or does not fit.
bool Batch::join(const RecordView& record) {
  ekws_record& last = records_[out_.records - 1];
  if (record.shape == JsonShape::other || record.kind != last.kind || record.connection != last.connection ||
      last.arg == kMostJoined) {
    return false;
  }
  const std::string_view more = elements(record);
  const std::size_t length = array_end_ - array_begin_ + more.size() + 2;  // a comma and the bracket
  if (length > kLargestArray || length > bytes_cap_ - array_begin_) return false;
  out_.bytes = array_end_;
  append(",");
  append(more);
  array_end_ = out_.bytes;
  append("]");
  last.offset = array_begin_;
  last.length = length;
  ++last.arg;
  return true;
}

void Batch::append(std::string_view text) {
  if (text.empty()) return;  // memcpy wants pointers even then
  std::memcpy(bytes_ + out_.bytes, text.data(), text.size());
  out_.bytes += text.size();
}

}  // namespace ekws::data

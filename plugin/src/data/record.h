// What waits in a queue.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_shape.h"
#include "ekws/ekws.h"

namespace ekws::data {

/// The payload is somebody else's.
struct RecordView {
  int kind = 0;
  int arg = 0;
  std::uint64_t connection = 0;
  std::int64_t received_ns = 0;
  std::string_view payload;
  JsonShape shape = JsonShape::other;  ///< of a message that may be joined with its neighbours
};

struct Record {
  int kind = 0;
  int arg = 0;
  std::uint64_t connection = 0;
  std::int64_t received_ns = 0;
  std::string payload;
  JsonShape shape = JsonShape::other;

  operator RecordView() const { return {kind, arg, connection, received_ns, payload, shape}; }  // NOLINT: it is one
};

}  // namespace ekws::data

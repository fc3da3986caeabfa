// What waits in a queue.
#pragma once

#include <cstdint>
#include <string>

#include "base/json_shape.h"
#include "ekws/ekws.h"

namespace ekws::data {

struct Record {
  int kind = 0;
  int arg = 0;
  std::uint64_t connection = 0;
  std::int64_t received_ns = 0;
  std::string payload;
  JsonShape shape = JsonShape::other;  ///< of a message that may be joined with its neighbours
};

}  // namespace ekws::data

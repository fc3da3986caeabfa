// The messages of a simulated sensor fleet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "args.h"

namespace ekws_load {

/// Writes message n as JSON, the same bytes for the same n, size and seed on every machine. Constant after
/// construction; any thread.
class Payload {
 public:
  /// `size`: pad shorter messages to that many bytes (0 = none); longer ones stay as they are.
  Payload(PayloadKind kind, size_t size, uint32_t seed);

  /// Room that write() may need.
  size_t max_size() const { return max_size_; }

  /// True when every message is the same.
  bool constant() const { return kind_ == PayloadKind::fixed; }

  /// Writes message n at `out` and returns its length.
  size_t write(uint64_t n, char* out) const;

 private:
  size_t pad(char* out, size_t length) const;

  const PayloadKind kind_;
  const size_t size_;
  size_t max_size_ = 0;
  std::vector<std::string> readings_;  // what lies between the sequence number and the time
};

}  // namespace ekws_load

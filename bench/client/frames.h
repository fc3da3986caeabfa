// The frames of one message that is sent again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "args.h"

namespace ekws_bench {

class Frames {
 public:
  explicit Frames(const Args& args);

  std::size_t size() const { return frame_.size(); }  ///< bytes of one
  bool stamped() const { return stamp_ >= 0; }

  /// So many of them one after the other, unstamped, that fit into about 64 KiB; at least one. Sending costs no copy.
  const std::string& run() const { return run_; }
  std::size_t run_length() const { return run_.size() / frame_.size(); }

  /// Appends one with a time in it.
  void append(std::string& out, std::int64_t unix_us) const;

 private:
  std::string frame_;
  std::string run_;
  long stamp_;
  std::size_t header_ = 0;
};

}  // namespace ekws_bench

// What the connections of one io loop share, so that one that is idle keeps no memory for reading.
#pragma once

#include <cstddef>
#include <memory>

#include "net/inflate.h"

namespace ekws::net {

/// io thread.
class ReadBuffer {
 public:
  /// Of `size` nothing is touched but what reads fill.
  explicit ReadBuffer(std::size_t size) : bytes_(new char[size]), size_(size) {}

  /// Bytes read at a time.
  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  const std::shared_ptr<InflateBuffer>& inflate() const { return inflate_; }

 private:
  const std::unique_ptr<char[]> bytes_;
  const std::size_t size_;
  std::shared_ptr<InflateBuffer> inflate_ = std::make_shared<InflateBuffer>();
};

}  // namespace ekws::net

// What a receiver program consists of: receive() of one contender, and main() in receive.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace ekws_bench {

struct Work {
  std::uint64_t messages = 0;  ///< to receive; then the receiver returns
  std::size_t size = 0;        ///< payload bytes of each
  bool text = true;
};

/// To be called with the port as soon as it listens on 127.0.0.1.
using Ready = std::function<void(std::uint16_t port)>;
/// To be called for what has been received, in batches or singly.
using Received = std::function<void(std::uint64_t messages)>;

/// Takes work.messages from the one client that comes. Throws std::exception.
void receive(const Work& work, const Ready& ready, const Received& received);

}  // namespace ekws_bench

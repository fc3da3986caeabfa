// What a receiver program consists of: receive() of one contender, and main() in receive.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace ekws_bench {

struct Work {
  std::uint64_t messages = 0;  ///< to receive; then the receiver returns
  std::size_t size = 0;        ///< payload bytes of each, once inflated
  bool text = true;
  bool compressed = false;  ///< permessage-deflate, no context take-over, the same for all contenders
  std::string folder = {};  ///< not empty: over TLS 1.3, with cert.pem and key.pem that lie there

  bool tls() const { return !folder.empty(); }
  std::string certificate() const { return folder + "/cert.pem"; }
  std::string key() const { return folder + "/key.pem"; }
};

/// To be called with the port as soon as it listens on 127.0.0.1.
using Ready = std::function<void(std::uint16_t port)>;
/// To be called for what has been received, in batches or singly.
using Received = std::function<void(std::uint64_t messages)>;

/// Takes work.messages from the one client that comes. Throws std::exception.
void receive(const Work& work, const Ready& ready, const Received& received);

}  // namespace ekws_bench

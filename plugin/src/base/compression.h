// permessage-deflate as configured: what the configuration says and the network negotiates.
#pragma once

namespace ekws {

/// Value.
struct Compression {
  static constexpr int kMaxWindowBits = 15;

  bool on = false;
  /// A peer's compressor may refer back 2^n bytes, across messages; each connection keeps as much. 0: nothing is kept
  /// between messages.
  int window_bits = kMaxWindowBits;
};

}  // namespace ekws

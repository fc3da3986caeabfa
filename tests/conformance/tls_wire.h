// The peer of an ekws-echo over TLS: OpenSSL, with nothing of ours around it.
#pragma once

#include <poll.h>

#include <chrono>
#include <string>
#include <utility>

#include "base/fd.h"
#include "net/tls_kit.h"

namespace ekws::net {

class TlsWire {
 public:
  /// `fd` is connected and non-blocking, `peer` set up and not started.
  TlsWire(Fd fd, TlsPeer& peer) : fd_(std::move(fd)), peer_(peer) { peer_.start(fd_.get()); }

  bool shake_hands() {
    return until([&] { return peer_.shake_hands(); }) && peer_.error().empty();
  }
  bool send(const std::string& bytes) {
    return until([&] { return peer_.write(bytes); }) && peer_.error().empty();
  }
  /// Reads until what has come contains `text`; false where the end comes first.
  bool read_until(const std::string& text) {
    until([&] { return take() || received_.find(text) != std::string::npos; });
    return received_.find(text) != std::string::npos;
  }
  /// Reads to the end; true where that was announced (RFC 8446 section 6.1).
  bool read_to_end() {
    until([&] { return take(); });
    return peer_.ended();
  }
  std::string& received() { return received_; }

 private:
  bool take() {
    received_ += peer_.read();
    return peer_.ended() || !peer_.error().empty();
  }

  template <typename Step>
  bool until(Step step) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!step()) {
      if (std::chrono::steady_clock::now() > end) return false;
      pollfd entry{fd_.get(), POLLIN, 0};
      ::poll(&entry, 1, 50);
    }
    return true;
  }

  const Fd fd_;
  TlsPeer& peer_;
  std::string received_;
};

}  // namespace ekws::net

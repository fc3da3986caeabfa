// Notices that a peer has left while nobody reads from it.
#pragma once

#include <asio/execution_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <functional>
#include <unordered_map>

#include "net/io_loop.h"

namespace ekws::net {

/// One for each io thread, made when first asked for; io thread. Asio's own epoll set does not ask for EPOLLRDHUP, and
/// waiting for a readable socket would spin where there is data that nobody reads: a second set, inside the first one.
class Hangups : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;
  static Hangups& of(IoContext& io) { return asio::use_service<Hangups>(io); }

  explicit Hangups(asio::execution_context& io);

  /// Calls `told` once, when the peer has ended its side (FIN) or the connection (RST). Not at all where the kernel has
  /// no room for one more: it is then noticed when the socket is read again.
  void watch(int fd, std::function<void()> told);
  /// To be called before `fd` is closed.
  void forget(int fd);

 private:
  void shutdown() override;
  void wait();
  void tell();

  asio::posix::stream_descriptor set_;
  bool waiting_ = false;
  std::unordered_map<int, std::function<void()>> told_;
};

}  // namespace ekws::net

// A listening socket.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "net/address.h"
#include "net/timer.h"

namespace ekws::net {

/// io thread. Held by shared_ptr; ends with close().
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  /// A connected socket, non-blocking and close-on-exec, and who is on the other end.
  using OnAccept = std::function<void(Fd, const Address&)>;
  /// Accepting goes wrong (out of descriptors): called ten times a second while that lasts, and with an empty error
  /// once all that had waited are taken. May throw.
  using OnTrouble = std::function<void(const Error&)>;

  Acceptor(IoContext& io, OnAccept on_accept, OnTrouble on_trouble);

  /// Binds and listens; the error says why it cannot, class transport.
  Error listen(const std::string& ip, std::uint16_t port);

  /// Whether listen() would work, without a trace. Any thread.
  static Error check(const std::string& ip, std::uint16_t port);

  /// Goes on where there was no memory to wait for the next connection. Throws where there still is none.
  void recover();

  /// The port is free on return, and neither callback comes any more.
  void close();

  /// The port listened on: what the system chose, where 0 was asked for.
  std::uint16_t port() const { return port_; }

 private:
  void wait();
  void accept_some();
  void rest(int reason);
  /// Of trouble for this reason, or 0 of its end.
  void tell(int reason);

  asio::posix::stream_descriptor socket_;
  Timer timer_;
  OnAccept on_accept_;
  OnTrouble on_trouble_;
  std::uint16_t port_ = 0;
  bool in_trouble_ = false;
  bool waiting_ = false;  ///< for the socket or the timer
};

}  // namespace ekws::net

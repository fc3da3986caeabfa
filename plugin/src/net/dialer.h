// From a name and a port to a connected socket.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/timer.h"

namespace ekws::net {

/// One dialling; io thread. Held by shared_ptr.
class Dialer : public NameWaiter, public std::enable_shared_from_this<Dialer> {
 public:
  /// Either a connected socket (non-blocking, close-on-exec) and its peer, or an error of class transport.
  using Done = std::function<void(Fd, const Address&, const Error&)>;

  Dialer(IoContext& io, std::string host, std::uint16_t port, std::chrono::milliseconds timeout_each, Done done);

  /// Resolves and tries the addresses one after the other, in the system's order. `done` comes once, on the io thread,
  /// not before start() has returned; never after cancel(). Where `behind` is one of the addresses, the one behind it
  /// is the first, and it is the last.
  void start(const Address& behind = {});
  /// After `done` got a socket: tries the addresses behind that one. False where there are none. The new `done` may
  /// come at once.
  bool go_on(Done done);
  void cancel();

 private:
  void resolved(std::vector<Address> addresses, const Error& error) override;
  void try_next();
  void connected();
  void failed_here(int code, const std::string& why);
  void finish(Fd fd, const Error& error);

  IoContext& io_;
  const std::string host_;
  const std::uint16_t port_;
  const std::chrono::milliseconds timeout_each_;
  Done done_;
  Address behind_;
  std::deque<Address> left_;
  Address current_;
  Error last_error_;
  asio::posix::stream_descriptor socket_;
  Timer timer_;
  int try_ = 0;  ///< counts the addresses tried, so that a late answer is known for what it is
};

}  // namespace ekws::net

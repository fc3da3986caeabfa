// ekws-echo as a process, and its peer on a socket. Everything has a deadline that a loaded machine keeps.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "conformance/exchange.h"

namespace ekws::net {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // what memory it takes says nothing
#else
constexpr bool kSanitized = false;
#endif

/// Killed, if it is still there, at the end of its life.
class Child {
 public:
  /// Throws std::runtime_error when it cannot be started.
  explicit Child(const std::vector<std::string>& arguments);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next line of its standard output.
  std::string line();
  /// Waits for its end: exit status, -1 where it was a signal or it does not end.
  int wait();
  /// What it has written to its standard error; after wait().
  std::string errors();
  /// The most it has had resident, in bytes.
  std::size_t peak_memory() const;

 private:
  pid_t pid_ = -1;
  Fd output_;
  Fd errors_;
};

/// The peer of an ekws-echo: a TCP connection after or before its handshake.
class Wire {
 public:
  explicit Wire(Fd fd) : fd_(std::move(fd)) {}
  static Wire to(std::uint16_t port);

  /// Sends all of it, and reads meanwhile; false when that does not come to an end.
  bool send(const std::string& bytes);
  /// Sends until nothing has gone out for a while: what a peer takes that is not read from. Returns how much that was.
  std::size_t send_without_reading(const std::string& bytes);
  /// Reads until what has come contains `text`, or the peer's end.
  bool read_until(const std::string& text);
  bool read_to_end() { return read_until({}); }

  /// What has come and was not taken out.
  std::string& received() { return received_; }

 private:
  bool step(std::string_view& to_send, bool read, int patience_ms);

  Fd fd_;
  std::string received_;
  bool ended_ = false;
};

/// The handshake of the peer of an echo, with more header lines; true if it was let in.
bool shake_hands_as_client(Wire& wire, const std::string& more = {});
/// Answers the request that comes with `answer` (see answer_to()).
std::string receive_request(Wire& wire);

}  // namespace ekws::net

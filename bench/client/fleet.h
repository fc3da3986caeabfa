// All connections on one epoll.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "frames.h"

namespace ekws_bench {

/// What a command says on stdout when it is done.
struct Sent {
  std::uint64_t messages = 0;
  double seconds = 0;
  double cpu_us = 0;               ///< user and system time of this program
  std::vector<std::int64_t> late;  ///< microseconds, for each tick: how long its oldest message was due
};

class Fleet {
 public:
  explicit Fleet(const Args& args);

  /// Opens all connections. @throws std::runtime_error when one fails
  void open();
  /// Microseconds of each connection from dialling to the answered upgrade.
  std::vector<std::int64_t> handshakes() const;
  std::size_t size() const { return connections_.size(); }

  /// Rate 0: as fast as they are taken. Ends after that time, or after so many.
  Sent send(double rate, double seconds, std::int64_t tick_us, std::uint64_t count);

  /// Answers pings until a line comes; false at the end of stdin.
  bool next_line(std::string& line);

 private:
  void wait(std::int64_t us);
  void watch(Connection& connection);
  std::size_t pass(std::uint64_t due, std::uint64_t most, const std::function<std::int64_t(std::uint64_t)>& due_us,
                   std::uint64_t first);
  std::size_t give(Connection& connection, std::uint64_t messages,
                   const std::function<std::int64_t(std::uint64_t)>& due_us, std::uint64_t first);
  void leave_out(Sent& sent);
  void finish();
  bool any_idle() const;
  bool any_busy() const;

  const Args& args_;
  Frames frames_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls_;
  ekws_load::Fd epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t turn_ = 0;
  bool told_ = false;  ///< stdin is readable
  std::string input_;
};

}  // namespace ekws_bench

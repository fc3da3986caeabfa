// One connection: dialling, the upgrade, and bytes on their way out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "args.h"
#include "frame_reader.h"
#include "stream.h"

namespace ekws_bench {

std::int64_t unix_us();

class Connection {
 public:
  enum class State { dialling, securing, asking, open, over };

  /// Dials. Throws NetError when the system has nothing for it.
  Connection(const Args& args, SSL_CTX* tls);

  int fd() const { return stream_.fd(); }
  State state() const { return state_; }
  const std::string& error() const { return error_; }
  std::int64_t dialled_us() const { return dialled_us_; }
  std::int64_t opened_us() const { return opened_us_; }

  /// Goes on as far as it can.
  void advance();
  /// What to wait for.
  std::uint32_t events() const;
  std::uint32_t watched = 0;  ///< what is waited for

  bool busy() const { return at_ != end_; }
  /// When the socket last took bytes again that it had not taken at once; 0: never.
  std::int64_t unblocked_us() const { return unblocked_us_; }

  /// Sends bytes that stay where they are until it is not busy any more.
  void send(const char* data, std::size_t size);
  /// Sends these.
  void send(std::string bytes);
  /// Leaves out what has not been begun, in pieces of that size, and says how many those were.
  std::size_t leave_out(std::size_t piece);

 private:
  void fail(const std::string& why);
  void dialled();
  void secure();
  void ask();
  void answered();
  void flush();
  void receive();
  void on_control(ekws_load::Opcode opcode, const std::string& payload);

  const Args& args_;
  Stream stream_;
  State state_ = State::dialling;
  bool want_write_ = true;
  std::int64_t dialled_us_;
  std::int64_t opened_us_ = 0;
  std::int64_t unblocked_us_ = 0;
  bool blocked_ = false;
  std::string error_;
  std::string answer_;
  std::string own_;  ///< of send(std::string)
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::vector<char> controls_;  ///< to go out between two messages
  ekws_load::FrameReader reader_;
};

}  // namespace ekws_bench

#include <poll.h>

#include "handshake.h"
#include "loop.h"
#include "run.h"

namespace ekws_load {
namespace {

constexpr auto kAttempt = std::chrono::seconds(5);
constexpr auto kBetweenAttempts = std::chrono::milliseconds(50);

Fd open_one(const Args& args, int signal_fd) {
  const auto deadline = Clock::now() + kAttempt;
  Fd fd = dial(args.host, args.port, deadline, signal_fd);
  const bool v6 = args.host.find(':') != std::string::npos;
  const std::string host = (v6 ? "[" + args.host + "]" : args.host) + ":" + std::to_string(args.port);
  handshake_as_client({fd.get(), deadline, signal_fd}, host, args.target);
  return fd;
}

/// Dials again until it works or --wait is over: a rule that was just started may need a moment.
Fd open_patiently(const Args& args, int signal_fd, Clock::time_point patience) {
  for (;;) {
    try {
      return open_one(args, signal_fd);
    } catch (const NetError&) {
      if (Clock::now() + kBetweenAttempts >= patience) throw;
    }
    wait_ready(-1, POLLIN, Clock::now() + kBetweenAttempts, signal_fd);
  }
}

}  // namespace

int run_client(const Args& args) {
  Signals signals;
  Loop loop(args, Role::client, signals);
  auto cursor = std::make_shared<Cursor>();
  cursor->next = args.first;
  if (args.messages > 0) cursor->left = args.messages;
  const auto patience = Clock::now() + std::chrono::microseconds(static_cast<int64_t>(args.wait * 1e6));
  for (uint64_t i = 0; i < args.connections; i++) {
    loop.add(std::make_unique<Peer>(open_patiently(args, signals.stop_fd(), patience), Role::client, cursor));
  }
  return loop.run(args.connections);
}

}  // namespace ekws_load

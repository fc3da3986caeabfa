#include "handshake.h"
#include "loop.h"
#include "run.h"

namespace ekws_load {
namespace {

constexpr auto kHandshake = std::chrono::seconds(5);

/// Accepts all that wait. A handshake that fails is the business of that peer alone.
void accept_all(int listener, const Args& args, int signal_fd, Loop& loop) {
  while (Fd fd = accept_one(listener)) {
    try {
      handshake_as_server({fd.get(), Clock::now() + kHandshake, signal_fd}, args.target);
    } catch (const NetError& error) {
      complain(error.what());
      continue;
    } catch (const Interrupted&) {
      return;  // the loop sees the signal too
    }
    auto cursor = std::make_shared<Cursor>();
    cursor->next = args.first;
    if (args.messages > 0) cursor->left = args.messages;
    loop.add(std::make_unique<Peer>(std::move(fd), Role::server, std::move(cursor)));
  }
}

}  // namespace

int run_server(const Args& args) {
  Signals signals;
  Fd listener = listen_on(args.host, args.port);
  Loop loop(args, Role::server, signals);
  const std::string address = local_name(listener.get());
  loop.watch(std::move(listener), [&](int fd) { accept_all(fd, args, signals.stop_fd(), loop); });
  report_listening(address);
  return loop.run(args.clients);
}

}  // namespace ekws_load

#include "signals.h"

#include <sys/signalfd.h>

#include <csignal>
#include <initializer_list>

namespace ekws_load {
namespace {

Fd turn_into_fd(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  Fd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd) throw_errno("signalfd");
  return fd;
}

}  // namespace

Signals::Signals() : stop_(turn_into_fd({SIGINT, SIGTERM})), go_(turn_into_fd({SIGUSR1})) {
  std::signal(SIGPIPE, SIG_IGN);
}

bool Signals::take(int fd) {
  signalfd_siginfo info;
  bool any = false;
  while (::read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) any = true;
  return any;
}

}  // namespace ekws_load

// ekws-bench-recv: the plain recv loop that the engine's ceiling is measured beside. It prints its port, takes one
// connection after the other and throws away what comes.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>

#include "handshake.h"
#include "socket.h"

namespace {

constexpr auto kLong = std::chrono::hours(24);

void drain(int fd) {
  static char buffer[65536];
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);  // one system call for what is there
  ssize_t n = 0;
  do {
    n = ::recv(fd, buffer, sizeof buffer, 0);
  } while (n > 0 || (n < 0 && errno == EINTR));
}

}  // namespace

int main() {
  try {
    const ekws_load::Fd listener = ekws_load::listen_on("127.0.0.1", 0);
    const std::string name = ekws_load::local_name(listener.get());
    std::printf("%s\n", name.substr(name.rfind(':') + 1).c_str());
    std::fflush(stdout);
    for (;;) {
      ekws_load::wait_ready(listener.get(), POLLIN, ekws_load::Clock::now() + kLong, -1);
      const ekws_load::Fd peer = ekws_load::accept_one(listener.get());
      if (!peer) continue;
      ekws_load::handshake_as_server({peer.get(), ekws_load::Clock::now() + std::chrono::seconds(5), -1}, "");
      drain(peer.get());
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ekws-bench-recv: %s\n", e.what());
    return 1;
  }
}

#include "net/port_owner.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "net/sockets.h"

namespace ekws::net {
namespace {

TEST(PortOwner, Nobody) {
  const Fd holder = bound();  // bound, so that nobody else gets it meanwhile, but not listening
  EXPECT_EQ(port_owner(port_of(holder.get())), PortOwner::nobody);
}

TEST(PortOwner, ThisProcess) {
  const Fd listener = listening();
  EXPECT_EQ(port_owner(port_of(listener.get())), PortOwner::this_process);
}

TEST(PortOwner, ThisProcessByIpv6) {
  const Fd listener(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = ip_address("::1", 0);
  if (!listener || ::bind(listener.get(), address->get(), address->size) != 0) GTEST_SKIP() << "no IPv6 here";
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  sockaddr_in6 name{};
  socklen_t size = sizeof name;
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
  EXPECT_EQ(port_owner(ntohs(name.sin6_port)), PortOwner::this_process);
}

TEST(PortOwner, AnotherProcess) {
  Fd listener = listening();
  const std::uint16_t port = port_of(listener.get());
  int hold[2];
  ASSERT_EQ(::pipe2(hold, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // holds the listener until our end of the pipe is closed
    ::close(hold[1]);
    pollfd waited{hold[0], POLLIN, 0};
    ::poll(&waited, 1, 30'000);
    ::_exit(0);
  }
  ::close(hold[0]);
  listener.reset();
  EXPECT_EQ(port_owner(port), PortOwner::another_process);
  ::close(hold[1]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
}

}  // namespace
}  // namespace ekws::net

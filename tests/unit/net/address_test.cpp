#include "net/address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include "base/fd.h"

namespace ekws::net {
namespace {

TEST(Address, ReadsAndWritesLiterals) {
  const std::pair<const char*, const char*> literals[] = {{"127.0.0.1", "127.0.0.1:5000"},
                                                          {"0.0.0.0", "0.0.0.0:5000"},
                                                          {"::1", "[::1]:5000"},
                                                          {"2001:DB8:0::1", "[2001:db8::1]:5000"},
                                                          {"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:5000"}};
  for (const auto& [literal, text] : literals) {
    const auto address = ip_address(literal, 5000);
    ASSERT_TRUE(address) << literal;
    EXPECT_EQ(to_string(*address), text);
  }
}

TEST(Address, TakesNoNames) {
  for (const char* text : {"localhost", "example.com", "", "[::1]", "1.2.3.4.5", "300.1.1.1", "127.0.0.1 ", "::g"}) {
    EXPECT_FALSE(ip_address(text, 80)) << text;
  }
}

TEST(Address, IsLocalWhereThereIsNoIp) {
  Address address;
  EXPECT_EQ(to_string(address), "local");
  address.storage.ss_family = AF_UNIX;
  address.size = sizeof(sockaddr_un);
  EXPECT_EQ(to_string(address), "local");
}

// Whoever has one IPv6 address has 2^64 of them.
TEST(Address, TellsWhoIsOneClient) {
  const std::pair<const char*, const char*> cases[] = {{"192.0.2.1:5000", "192.0.2.1"},
                                                       {"[2001:db8:1:2::1]:5000", "2001:db8:1:2::/64"},
                                                       {"[2001:db8:1:2:ffff:ffff:ffff:ffff]:1", "2001:db8:1:2::/64"},
                                                       {"[2001:db8:1:3::1]:5000", "2001:db8:1:3::/64"},
                                                       {"[::ffff:192.0.2.1]:5000", "192.0.2.1"},
                                                       {"[::ffff:192.0.2.2]:5000", "192.0.2.2"},
                                                       {"[fe80::1%eth0]:5000", "fe80::/64"},
                                                       {"[::1]:5000", "::/64"},
                                                       {"local", "local"}};
  for (const auto& [address, client] : cases) EXPECT_EQ(client_of(address), client) << address;
}

TEST(Address, JoinsHostAndPort) {
  EXPECT_EQ(join_host_port("example.com", 80), "example.com:80");
  EXPECT_EQ(join_host_port("192.0.2.1", 65535), "192.0.2.1:65535");
  EXPECT_EQ(join_host_port("2001:db8::1", 1), "[2001:db8::1]:1");
}

TEST(Address, ConnectionsHaveNoDelayAndKeepalive) {
  const Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_connection_options(fd.get());
  int value = 0;
  socklen_t size = sizeof value;
  ASSERT_EQ(::getsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
  EXPECT_NE(value, 0);
  ASSERT_EQ(::getsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
  EXPECT_NE(value, 0);
}

TEST(Address, OptionsOnWhatIsNotTcpDoNoHarm) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const Fd one(ends[0]);
  const Fd other(ends[1]);
  set_connection_options(one.get());
}

}  // namespace
}  // namespace ekws::net

#include "config/address.h"

#include <gtest/gtest.h>

#include "support.h"

namespace ekws::config {
namespace {

std::string error(const std::string& addr) {
  return test::error_of([&] { parse_address(addr); }).text;
}

TEST(ConfigAddress, IsTakenApart) {
  struct Case {
    const char* addr;
    Address want;
  };
  const Case cases[] = {{"127.0.0.1:8080", {"", "127.0.0.1", 8080, ""}},
                        {" plant-4.example_x.com ", {"", "plant-4.example_x.com", 0, ""}},
                        {"host:", {"", "host", 0, ""}},
                        {":8080", {"", "localhost", 8080, ""}},
                        {"ws://:8080/a", {"ws", "localhost", 8080, "/a"}},
                        {"[::1]:8080", {"", "::1", 8080, ""}},
                        {"[fe80::1%eth0]", {"", "fe80::1%eth0", 0, ""}},
                        {"ws://host:1", {"ws", "host", 1, ""}},
                        {"WSS://host", {"wss", "host", 0, ""}},
                        {"ws://host:1/", {"ws", "host", 1, ""}},
                        {"ws://host:1/base?x=1", {"ws", "host", 1, "/base?x=1"}},
                        {"host/a@b://c", {"", "host", 0, "/a@b://c"}},
                        {"host:65535/base", {"", "host", 65535, "/base"}}};
  for (const auto& [addr, want] : cases) {
    const Address got = parse_address(addr);
    EXPECT_EQ(got.scheme, want.scheme) << addr;
    EXPECT_EQ(got.host, want.host) << addr;
    EXPECT_EQ(got.port, want.port) << addr;
    EXPECT_EQ(got.path, want.path) << addr;
  }
}

TEST(ConfigAddress, UserAndPasswordAreRefusedAndNotShown) {
  for (const char* addr :
       {"user:secret@host:1", "ws://user:secret@host", "http://user:secret@host", "@", "secret@[::1"}) {
    const std::string text = error(addr);
    EXPECT_NE(text, "") << addr;
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  }
  EXPECT_EQ(error("user:secret@host:1"),
            R"(addr: a user and password before "@" are not allowed; send them with requestHeader, as Authorization: )"
            "Basic …");
}

TEST(ConfigAddress, WhatIsNoAddressIsRefused) {
  const std::string allowed =
      " is not allowed; it must be host:port, such as 127.0.0.1:8080, with or without ws:// in front";
  for (const char* addr : {":", "ws://", "ws:///a", "a b", "höst", "a,b:1", "?x", "/only/a/path"}) {
    EXPECT_EQ(error(addr), "addr: " + test::quoted(std::string(addr) == "?x" ? "?…" : addr) + allowed);
  }
  for (const char* addr : {"host:0", "host:65536", "host:abc", "host:-1", "host:+1", "host: 1", "[::1]8080",
                           "host:99999999999999999999"}) {
    EXPECT_EQ(error(addr), "addr: " + test::quoted(addr) + allowed + ", the port from 1 to 65535");
  }
  EXPECT_EQ(error("::1"),
            R"(addr: "::1" is not allowed; it must be host:port, with an IPv6 address in brackets: [::1]:8080)");
  for (const char* addr : {"[::1", "[]:1", "[127.0.0.1]:1", "[x:y]", "[fe80::1%a b]"}) {
    EXPECT_EQ(error(addr), "addr: " + test::quoted(addr) +
                               " is not allowed; it must be an IPv6 address inside brackets, such as [::1]:8080");
  }
  // inet_pton would take the zero byte for the end.
  const std::string zero("[fe80::\0::1]:1", 14);
  EXPECT_THROW(parse_address(zero), Failure);
  EXPECT_FALSE(is_ip_literal(std::string("1.2.3.4\0", 8)));
  // A zone ends up in the Host header.
  EXPECT_EQ(error("[fe80::1%e\r\nX: y]:1").substr(0, 38), R"(addr: "[fe80::1%e\x0d\x0aX: y]:1" is n)");
  EXPECT_EQ(error("http://host:1"), R"(addr: the scheme "http" is not allowed; it must be ws or wss, or left out)");
}

TEST(ConfigAddress, ListenAddressesAreLiterals) {
  EXPECT_EQ(listen_ip(""), "0.0.0.0");
  EXPECT_EQ(listen_ip(" 192.0.2.1 "), "192.0.2.1");
  EXPECT_EQ(listen_ip("localhost"), "127.0.0.1");
  EXPECT_EQ(listen_ip("::"), "::");
  EXPECT_EQ(listen_ip("[::1]"), "::1");
  for (const char* text : {"host", "1.2.3", "1.2.3.4:5", "[]", "fe80::1%eth0"}) EXPECT_EQ(listen_ip(text), "") << text;
  EXPECT_EQ(listen_ip(std::string("1.2.3.4\0x", 9)), "");
}

}  // namespace
}  // namespace ekws::config

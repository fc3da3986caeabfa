#include "sender.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace ekws_bench {

namespace {

constexpr std::size_t kRun = 1 << 20;  ///< frames are sent in runs of about that many bytes

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// A sensor's reading, padded; ASCII, as most JSON is.
std::string payload(std::size_t size) {
  std::string text = R"({"sensor":"boiler-07","temperature":71.25,"pressure":1.013,"ok":true,"pad":")";
  const std::string end = "\"}";
  for (char c = 'a'; text.size() + end.size() < size; c = c == 'z' ? 'a' : static_cast<char>(c + 1)) text += c;
  return (text + end).substr(0, size);
}

std::string frame(const Work& work) {
  const char key[4] = {0x37, static_cast<char>(0xfa), 0x21, 0x3d};
  std::string bytes(1, static_cast<char>(0x80 | (work.text ? 1 : 2)));
  const auto length = [&](int count) {
    for (int i = count - 1; i >= 0; --i) bytes += static_cast<char>(work.size >> (8 * i));
  };
  if (work.size < 126) {
    bytes += static_cast<char>(0x80 | work.size);
  } else if (work.size <= 0xffff) {
    bytes += static_cast<char>(0x80 | 126);
    length(2);
  } else {
    bytes += static_cast<char>(0x80 | 127);
    length(8);
  }
  bytes.append(key, sizeof key);
  std::string text = payload(work.size);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(text[i] ^ key[i % 4]);
  return bytes + text;
}

void send_bytes(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

void shake_hands(int fd) {
  const std::string request =
      "GET /bench HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  send_bytes(fd, request.data(), request.size());
  std::string answer;
  char c = 0;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    if (::recv(fd, &c, 1, 0) != 1) fail("no answer to the handshake");
    answer += c;
  }
  if (answer.find(" 101 ") == std::string::npos) throw std::runtime_error("the handshake was refused: " + answer);
}

}  // namespace

void send_all(std::uint16_t port, const Work& work) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  shake_hands(fd);
  const std::string one = frame(work);
  const std::uint64_t in_run = std::max<std::uint64_t>(1, kRun / one.size());
  std::string run;
  for (std::uint64_t i = 0; i < in_run; ++i) run += one;
  for (std::uint64_t left = work.messages; left > 0;) {
    const std::uint64_t now = std::min(left, in_run);
    send_bytes(fd, run.data(), now * one.size());
    left -= now;
  }
  char byte = 0;
  while (::recv(fd, &byte, 1, 0) > 0) {
  }
  ::close(fd);
}

}  // namespace ekws_bench

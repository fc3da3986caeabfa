#include "sender.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "frame.h"
#include "tls.h"

namespace ekws_bench {

namespace {

constexpr std::size_t kRun = 1 << 20;  ///< frames are sent in runs of about that many bytes

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void shake_hands(Socket& socket, const Work& work) {
  const std::string extension =
      work.compressed ? "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n" : "";
  const std::string request =
      "GET /bench HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
      extension + "\r\n";
  socket.write(request.data(), request.size());
  std::string answer;
  char c = 0;
  while (answer.find("\r\n\r\n") == std::string::npos) {
    if (socket.read(&c, 1) != 1) throw std::runtime_error("no answer to the handshake");
    answer += c;
  }
  if (answer.find(" 101 ") == std::string::npos) throw std::runtime_error("the handshake was refused: " + answer);
  if (work.compressed && answer.find("permessage-deflate") == std::string::npos) {
    throw std::runtime_error("no compression: " + answer);
  }
}

}  // namespace

void send_all(std::uint16_t port, const Work& work) {
  Socket socket(connect_to(port), work, false);
  shake_hands(socket, work);
  const std::string one = frame_of(work);
  const std::uint64_t in_run = std::max<std::uint64_t>(1, kRun / one.size());
  std::string run;
  for (std::uint64_t i = 0; i < in_run; ++i) run += one;
  for (std::uint64_t left = work.messages; left > 0;) {
    const std::uint64_t now = std::min(left, in_run);
    socket.write(run.data(), now * one.size());
    left -= now;
  }
  char byte = 0;
  while (socket.read(&byte, 1) > 0) {
  }
}

}  // namespace ekws_bench

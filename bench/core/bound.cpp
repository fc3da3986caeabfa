#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "receiver.h"

namespace ekws_bench {

namespace {

constexpr std::size_t kBuffer = 64 * 1024;

/// Both loops are over words and become vectors.
bool unmask_and_look(char* data, std::size_t size) {
  std::uint64_t seen = 0;
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, 8);
    word ^= 0x3d21fa373d21fa37U;
    std::memcpy(data + i, &word, 8);
    seen |= word;
  }
  return (seen & 0x8080808080808080U) == 0;
}

}  // namespace

void receive(const Work& work, const Ready& ready, const Received& received) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(listener, 1) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("cannot listen");
  }
  ready(ntohs(address.sin_port));
  const int fd = ::accept(listener, nullptr, nullptr);
  std::vector<char> buffer(kBuffer);
  if (::recv(fd, buffer.data(), buffer.size(), 0) <= 0) throw std::runtime_error("no handshake");
  const std::string answer = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
  if (::send(fd, answer.data(), answer.size(), 0) < 0) throw std::runtime_error("cannot answer");

  const std::size_t header = work.size < 126 ? 6 : work.size <= 0xffff ? 8 : 14;
  const std::uint64_t frame = work.size + header;
  std::uint64_t bytes = 0;
  std::uint64_t told = 0;
  volatile bool ascii = true;  // the result has to be used
  while (told < work.messages) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) throw std::runtime_error("the sender is gone");
    ascii = unmask_and_look(buffer.data(), static_cast<std::size_t>(got)) && ascii;
    bytes += static_cast<std::uint64_t>(got);
    if (bytes / frame > told) received(bytes / frame - told);
    told = bytes / frame;
  }
  ::close(fd);
  ::close(listener);
}

}  // namespace ekws_bench

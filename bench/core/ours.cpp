#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "ekws/ekws.h"
#include "receiver.h"

namespace ekws_bench {

namespace {

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

void check(int code, const ekws_error& error) {
  if (code != EKWS_OK) throw std::runtime_error(std::string(error.text, error.text_len));
}

void wait_readable(int fd) {
  pollfd waited{fd, POLLIN, 0};
  ::poll(&waited, 1, -1);
  std::uint64_t count = 0;
  if (::read(fd, &count, sizeof count) < 0) throw std::runtime_error("eventfd");
}

}  // namespace

void receive(const Work& work, const Ready& ready, const Received& received) {
  const std::uint16_t port = free_port();
  const std::string config =
      R"({"props":{"httpServerIp":"127.0.0.1","datasource":"/bench","httpServerPort":)" + std::to_string(port) + "}}";
  ekws_error error{};
  ekws_subscription sub{};
  check(ekws_create(config.data(), config.size(), &sub, &error), error);
  int32_t data = -1;
  int32_t events = -1;
  check(ekws_fd(sub, EKWS_CHANNEL_DATA, &data, &error), error);
  check(ekws_fd(sub, EKWS_CHANNEL_EVENTS, &events, &error), error);
  check(ekws_start(sub, &error), error);
  std::vector<char> bytes(1 << 20);
  std::vector<ekws_record> records(4096);
  ekws_drained drained{};
  for (bool listening = false; !listening;) {
    wait_readable(events);
    check(ekws_drain(sub, EKWS_CHANNEL_EVENTS, bytes.data(), bytes.size(), records.data(), records.size(), &drained,
                     &error),
          error);
    for (std::uint64_t i = 0; i < drained.records; ++i) {
      if (records[i].kind == EKWS_STATE && records[i].arg == EKWS_STATE_CONNECTED) listening = true;
    }
  }
  ready(port);
  std::uint64_t left = work.messages;
  while (left > 0) {
    wait_readable(data);
    do {
      check(ekws_drain(sub, EKWS_CHANNEL_DATA, bytes.data(), bytes.size(), records.data(), records.size(), &drained,
                       &error),
            error);
      std::uint64_t messages = 0;
      for (std::uint64_t i = 0; i < drained.records; ++i) {
        if (records[i].kind != EKWS_TEXT && records[i].kind != EKWS_BINARY) continue;
        if (records[i].length != work.size) throw std::runtime_error("wrong size");
        ++messages;
      }
      if (messages > 0) received(messages);
      left -= messages;
    } while (drained.more != 0);
  }
  check(ekws_close(sub, &error), error);
}

}  // namespace ekws_bench

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
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

/// The loops as the shim runs them, but on the thread that drains: in the host, too, a reader that has nothing to do
/// leaves its thread to the loop.
class Loops {
 public:
  Loops() : waited_(ekws_loops()) {
    ekws_error error{};
    for (std::uint32_t loop = 0; loop < waited_.size(); ++loop) {
      waited_[loop].events = POLLIN;
      check(ekws_loop_fd(loop, &waited_[loop].fd, &error), error);
    }
  }
  ~Loops() {
    for (const pollfd& one : waited_) ::close(one.fd);
  }
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  /// Until the channel is told.
  void wait_for(int channel) {
    while (!std::exchange(told_[channel], false)) {
      if (!run()) ::poll(waited_.data(), waited_.size(), -1);
    }
  }

  /// Calls what waits for a loop.
  void during(const std::function<void()>& call) {
    auto done = std::async(std::launch::async, call);
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      if (!run()) ::poll(waited_.data(), waited_.size(), 1);
    }
    done.get();
  }

 private:
  /// False where there is nothing more to do.
  bool run() {
    bool more = false;
    for (std::uint32_t loop = 0; loop < waited_.size(); ++loop) {
      ekws_woken woken[2]{};
      ekws_turn turn{};
      ekws_error error{};
      check(ekws_run(loop, woken, 2, &turn, &error), error);
      for (std::uint64_t i = 0; i < turn.woken; ++i) told_[woken[i].channel] = true;
      more = more || turn.more != 0 || turn.woken != 0;
    }
    return more;
  }

  std::vector<pollfd> waited_;
  bool told_[2] = {};
};

/// Where the shim has payloads put (cgo_bridge/slab.go): 16 KiB at a time, a larger one in memory of its own. Go's
/// collector gives it other memory each time; here it is a MiB in turn.
class Slabs {
 public:
  char* room(std::uint64_t needed) {
    if (needed > kSlab) {
      large_.resize(needed);
      size_ = needed;
      return large_.data();
    }
    if (kSlab - used_ < std::max<std::uint64_t>(needed, 512)) {
      slab_ = (slab_ + 1) % kSlabs;
      used_ = 0;
    }
    size_ = kSlab - used_;
    return memory_.data() + slab_ * kSlab + used_;
  }
  std::uint64_t size() const { return size_; }
  void given(std::uint64_t bytes) {
    if (size_ <= kSlab) used_ += bytes;
  }

 private:
  static constexpr std::uint64_t kSlab = 16 * 1024;
  static constexpr std::uint64_t kSlabs = 64;
  std::vector<char> memory_ = std::vector<char>(kSlab * kSlabs);
  std::vector<char> large_;
  std::uint64_t slab_ = 0;
  std::uint64_t used_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace

void receive(const Work& work, const Ready& ready, const Received& received) {
  const std::uint16_t port = free_port();
  std::string config = R"({"props":{"httpServerIp":"127.0.0.1","datasource":"/bench","httpServerPort":)";
  config += std::to_string(port) + R"(,"compression":)" + (work.compressed ? "true" : "false");
  if (work.tls()) {
    config += R"(,"httpServerTls":{"certfile":")" + work.certificate() + R"(","keyfile":")" + work.key() + "\"}";
  }
  config += "}}";
  ekws_error error{};
  ekws_subscription sub{};
  check(ekws_create(config.data(), config.size(), &sub, &error), error);
  Loops loops;
  loops.during([&] { check(ekws_start(sub, &error), error); });
  std::vector<ekws_record> records(256);  // as the shim
  Slabs slabs;
  ekws_drained drained{};
  for (bool listening = false; !listening;) {
    loops.wait_for(EKWS_CHANNEL_EVENTS);
    char* const room = slabs.room(0);
    check(ekws_drain(sub, EKWS_CHANNEL_EVENTS, room, slabs.size(), records.data(), records.size(), &drained, &error),
          error);
    for (std::uint64_t i = 0; i < drained.records; ++i) {
      if (records[i].kind == EKWS_STATE && records[i].arg == EKWS_STATE_CONNECTED) listening = true;
    }
  }
  ready(port);
  std::uint64_t left = work.messages;
  while (left > 0) {
    loops.wait_for(EKWS_CHANNEL_DATA);
    drained.needed = 0;
    do {
      char* const room = slabs.room(drained.needed);
      check(ekws_drain(sub, EKWS_CHANNEL_DATA, room, slabs.size(), records.data(), records.size(), &drained, &error),
            error);
      slabs.given(drained.bytes);
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
  loops.during([&] { check(ekws_close(sub, &error), error); });
}

}  // namespace ekws_bench

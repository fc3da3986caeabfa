#include "conformance/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

#include "net/handshake.h"
#include "net/sockets.h"

namespace ekws::net {

namespace {

constexpr int kPatienceMs = 30'000;
/// A socket that has taken nothing for so long will not without being read from.
constexpr int kBlockedMs = 500;

Fd pipe_to(int child_fd, std::vector<std::pair<int, int>>& moves) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  moves.emplace_back(ends[1], child_fd);
  return Fd(ends[0]);
}

bool ready(int fd, short events, int patience_ms) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, patience_ms) == 1;
}

std::string read_all(int fd) {
  std::string all;
  char buffer[4096];
  while (ready(fd, POLLIN, kPatienceMs)) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) break;
    all.append(buffer, static_cast<std::size_t>(got));
  }
  return all;
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments) {
  std::vector<std::pair<int, int>> moves;
  output_ = pipe_to(STDOUT_FILENO, moves);
  errors_ = pipe_to(STDERR_FILENO, moves);
  std::string program = EKWS_ECHO;
  std::vector<char*> argv{program.data()};
  auto copies = arguments;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    for (const auto& [from, to] : moves) ::dup2(from, to);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  for (const auto& [from, to] : moves) ::close(from);
  if (pid_ < 0) throw std::runtime_error("no process");
}

Child::~Child() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Child::line() {
  std::string text;
  char c = 0;
  while (ready(output_.get(), POLLIN, kPatienceMs) && ::read(output_.get(), &c, 1) == 1 && c != '\n') text += c;
  return text;
}

int Child::wait() {
  // Its standard output ends with it.
  read_all(output_.get());
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) return -1;
    ::poll(nullptr, 0, 1);
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string Child::errors() { return read_all(errors_.get()); }

std::size_t Child::peak_memory() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

Wire Wire::to(std::uint16_t port) {
  Wire wire(connecting(port));
  ready(wire.fd_.get(), POLLOUT, kPatienceMs);
  return wire;
}

/// Moves what can be moved in either direction; false when nothing could within the time, or at the end.
bool Wire::step(std::string_view& to_send, bool read, int patience_ms) {
  const short events = static_cast<short>((read && !ended_ ? POLLIN : 0) | (to_send.empty() ? 0 : POLLOUT));
  if (events == 0 || !ready(fd_.get(), events, patience_ms)) return false;
  if (!to_send.empty()) {
    const ssize_t sent = ::send(fd_.get(), to_send.data(), std::min<std::size_t>(to_send.size(), 1U << 20U),
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) to_send.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN) return false;
  }
  if (read && !ended_) {
    char buffer[65536];
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EAGAIN)) ended_ = true;
  }
  return true;
}

bool Wire::send(const std::string& bytes) {
  std::string_view left = bytes;
  while (!left.empty() && step(left, true, kPatienceMs)) {
  }
  return left.empty();
}

std::size_t Wire::send_without_reading(const std::string& bytes) {
  std::string_view left = bytes;
  while (!left.empty() && step(left, false, kBlockedMs)) {
  }
  return bytes.size() - left.size();
}

bool Wire::read_until(const std::string& text) {
  std::string_view nothing;
  while (text.empty() || received_.find(text) == std::string::npos) {
    if (!step(nothing, true, kPatienceMs)) return text.empty() && ended_;
  }
  return true;
}

bool shake_hands_as_client(Wire& wire, const std::string& more) {
  if (!wire.send(request("GET /chat HTTP/1.1", kUpgradeHeaders + more)) || !wire.read_until("\r\n\r\n")) return false;
  std::string& received = wire.received();
  const bool in = received.substr(0, 13) == "HTTP/1.1 101 ";
  received.erase(0, received.find("\r\n\r\n") + 4);
  return in;
}

std::string receive_request(Wire& wire) {
  if (!wire.read_until("\r\n\r\n")) return {};
  return std::exchange(wire.received(), {});
}

}  // namespace ekws::net

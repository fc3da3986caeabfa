#include "fleet.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <stdexcept>

namespace ekws_bench {

namespace {

constexpr std::int64_t kPatience = 30'000'000;  ///< for what does not go on at all
constexpr std::uint64_t kEveryConnection = std::uint64_t{16} << 20;

double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& t) { return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec); };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

timespec to_timespec(std::int64_t us) { return {us / 1'000'000, us % 1'000'000 * 1000}; }

}  // namespace

Fleet::Fleet(const Args& args)
    : args_(args),
      frames_(args),
      tls_(args.tls ? make_tls() : std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>(nullptr, &SSL_CTX_free)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) ekws_load::throw_errno("stdin is no pipe");
}

void Fleet::watch(Connection& connection) {
  if (connection.state() == Connection::State::over) throw std::runtime_error("a connection: " + connection.error());
  const std::uint32_t wanted = connection.events();
  if (wanted == connection.watched) return;
  epoll_event event{};
  event.events = wanted;
  event.data.ptr = &connection;
  const int operation = connection.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.get(), operation, connection.fd(), &event) != 0) ekws_load::throw_errno("epoll_ctl");
  connection.watched = wanted;
}

void Fleet::wait(std::int64_t us) {
  epoll_event events[256];
  const timespec timeout = to_timespec(std::max<std::int64_t>(us, 0));
  const int count = ::epoll_pwait2(epoll_.get(), events, 256, us < 0 ? nullptr : &timeout, nullptr);
  if (count < 0 && errno != EINTR) ekws_load::throw_errno("epoll_pwait2");
  for (int i = 0; i < count; ++i) {
    auto* connection = static_cast<Connection*>(events[i].data.ptr);
    if (connection == nullptr) {
      told_ = true;
      continue;
    }
    connection->advance();
    watch(*connection);
  }
}

void Fleet::open() {
  std::vector<Connection*> opening;
  std::int64_t moved = unix_us();
  while (connections_.size() < args_.connections || !opening.empty()) {
    while (connections_.size() < args_.connections && opening.size() < args_.window) {
      connections_.push_back(std::make_unique<Connection>(args_, tls_.get()));
      watch(*connections_.back());
      opening.push_back(connections_.back().get());
    }
    wait(100'000);
    const auto stood = std::partition(opening.begin(), opening.end(),
                                      [](const Connection* c) { return c->state() != Connection::State::open; });
    for (auto it = stood; args_.first && it != opening.end(); ++it) {
      std::string bytes;
      frames_.append(bytes, (*it)->dialled_us());
      (*it)->send(std::move(bytes));
      watch(**it);
    }
    if (stood != opening.end()) moved = unix_us();
    opening.erase(stood, opening.end());
    if (unix_us() - moved > kPatience) throw std::runtime_error("no upgrade was answered for 30 s");
  }
}

std::vector<std::int64_t> Fleet::handshakes() const {
  std::vector<std::int64_t> all;
  for (const auto& connection : connections_) all.push_back(connection->opened_us() - connection->dialled_us());
  return all;
}

Sent Fleet::send(double rate, double seconds, std::int64_t tick_us, std::uint64_t count) {
  Sent sent;
  const double cpu = cpu_us();
  const std::int64_t start = unix_us();
  const auto due_us = [&](std::uint64_t n) {
    return rate > 0 ? start + static_cast<std::int64_t>(static_cast<double>(n + 1) / rate * 1e6) : 0;
  };
  const std::uint64_t most = std::max<std::uint64_t>(1, kEveryConnection / size() / frames_.size());
  const auto end = start + static_cast<std::int64_t>(seconds * 1e6);
  for (std::int64_t now = start; now < end && sent.messages < count; now = unix_us()) {
    if (rate > 0) {
      const auto due = static_cast<std::uint64_t>(static_cast<double>(now - start) * rate / 1e6);
      const std::uint64_t by_now = std::min(due, count);
      if (by_now > sent.messages) {
        sent.late.push_back(now - due_us(sent.messages));
        sent.messages += pass(by_now - sent.messages, (by_now - sent.messages) / size() + 1, due_us, sent.messages);
      }
      const std::int64_t next = std::max(due_us(sent.messages), now + tick_us);
      wait(std::max<std::int64_t>(0, next - unix_us()));
    } else {
      sent.messages += pass(count - sent.messages, most, due_us, sent.messages);
      wait(any_idle() ? 0 : 10'000);
    }
  }
  if (sent.messages < count) leave_out(sent);
  finish();
  sent.seconds = static_cast<double>(unix_us() - start) / 1e6;
  sent.cpu_us = cpu_us() - cpu;
  return sent;
}

/// Gives each connection that is ready its part, once round; as fast as it goes only once, or one would get all.
std::size_t Fleet::pass(std::uint64_t due, std::uint64_t most, const std::function<std::int64_t(std::uint64_t)>& due_us,
                        std::uint64_t first) {
  std::uint64_t given = 0;
  const std::size_t start = turn_;
  for (std::size_t i = 0; i < size() && given < due; ++i) {
    Connection& connection = *connections_[(start + i) % size()];
    turn_ = (start + i + 1) % size();
    if (connection.busy()) continue;
    given += give(connection, std::min(due - given, most), due_us, first + given);
    watch(connection);
  }
  return given;
}

std::size_t Fleet::give(Connection& connection, std::uint64_t messages,
                        const std::function<std::int64_t(std::uint64_t)>& due_us, std::uint64_t first) {
  messages = std::min<std::uint64_t>(messages, frames_.run_length());
  if (!frames_.stamped()) {
    connection.send(frames_.run().data(), messages * frames_.size());
    return messages;
  }
  // What was due while the socket took nothing has been waiting since then.
  std::string bytes;
  bytes.reserve(messages * frames_.size());
  for (std::uint64_t i = 0; i < messages; ++i) {
    const std::int64_t due = due_us(first + i);
    frames_.append(bytes, due != 0 && due <= connection.unblocked_us() ? due : unix_us());
  }
  connection.send(std::move(bytes));
  return messages;
}

/// What has not been begun does not go.
void Fleet::leave_out(Sent& sent) {
  for (auto& connection : connections_) {
    if (connection->busy()) sent.messages -= connection->leave_out(frames_.size());
  }
}

/// Ends what is on its way.
void Fleet::finish() {
  for (const std::int64_t start = unix_us(); any_busy(); wait(10'000)) {
    if (unix_us() - start > kPatience) throw std::runtime_error("a connection has taken nothing for 30 s");
  }
}

bool Fleet::any_idle() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& c) { return !c->busy(); });
}

bool Fleet::any_busy() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& c) { return c->busy(); });
}

bool Fleet::next_line(std::string& line) {
  for (;;) {
    const auto end = input_.find('\n');
    if (end != std::string::npos) {
      line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return true;
    }
    while (!told_) wait(-1);
    told_ = false;
    char buffer[512];
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace ekws_bench

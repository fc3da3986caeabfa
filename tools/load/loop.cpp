#include "loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

namespace ekws_load {
namespace {

constexpr double kProgressEvery = 1.0;
constexpr uint64_t kComplaints = 5;  // the first failures tell the story

/// Large enough to make system calls cheap, small enough that ten thousand connections fit into memory.
size_t chunk_bytes(size_t peers) {
  return std::clamp<size_t>((size_t{16} << 20) / std::max<size_t>(peers, 1), 4096, 65536);
}

void epoll_set(int epoll, int operation, int fd, uint32_t events, void* data) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) throw_errno("epoll_ctl");
}

}  // namespace

Loop::Loop(const Args& args, Role role, Signals& signals)
    : args_(args),
      peers_may_leave_(role == Role::server && args.endless()),
      signals_(signals),
      payload_(args.payload, args.size, args.seed),
      feed_(payload_, role, args.binary, args.fragment),
      pace_(args.rate),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw_errno("epoll_create1");
  go_ = !args.hold;
  epoll_set(epoll_.get(), EPOLL_CTL_ADD, signals_.stop_fd(), EPOLLIN, &signals_);
  epoll_set(epoll_.get(), EPOLL_CTL_ADD, signals_.go_fd(), EPOLLIN, &signals_);
}

void Loop::add(std::unique_ptr<Peer> peer) {
  epoll_set(epoll_.get(), EPOLL_CTL_ADD, peer->fd(), EPOLLIN, peer.get());
  peers_.push_back(std::move(peer));
  opened_++;
  if (stopping_) peers_.back()->start_close();
}

void Loop::watch(Fd listener, std::function<void(int)> on_ready) {
  listener_ = std::move(listener);
  on_ready_ = std::move(on_ready);
  epoll_set(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), EPOLLIN, &listener_);
}

int Loop::run(uint64_t peers) {
  begin_if_complete(peers);
  while (!done()) {
    wait();
    begin_if_complete(peers);
    if (begun_ && !stopping_) pump();
    check_deadlines();
    bury();
    progress();
  }
  report_sum(elapsed(), totals(), opened_);
  return failures_ == 0 ? 0 : 1;
}

void Loop::begin_if_complete(uint64_t peers) {
  if (!ready_ && peers_.size() >= peers) {
    ready_ = true;
    if (args_.hold) report_ready(peers_.size());
  }
  if (begun_ || !ready_ || !go_) return;
  begun_ = true;
  more_to_send_ = true;
  start_ = Clock::now();
  // A peer that was served and dials again at once would be sent everything a second time.
  if (!peers_may_leave_) listener_ = Fd();
}

void Loop::wait() {
  epoll_event events[64];
  const int count = ::epoll_wait(epoll_.get(), events, 64, wait_ms());
  if (count < 0 && errno != EINTR) throw_errno("epoll_wait");
  for (int i = 0; i < count; i++) {
    void* who = events[i].data.ptr;
    if (who == &listener_) {
      if (listener_) on_ready_(listener_.get());
    } else if (who == &signals_) {
      if (signals_.take_go()) go_ = true;
      if (!signals_.take_stop()) continue;
      given_up_ = stopping_;  // the second one means it
      stop();
    } else {
      handle(*static_cast<Peer*>(who), events[i].events);
    }
  }
}

void Loop::handle(Peer& peer, uint32_t events) {
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) peer.receive();
  if (events & EPOLLOUT && !peer.over()) {
    peer.flush();
    more_to_send_ = true;
  }
  update_interest(peer);
}

void Loop::update_interest(Peer& peer) {
  if (peer.over()) return;
  epoll_set(epoll_.get(), EPOLL_CTL_MOD, peer.fd(), peer.blocked() ? EPOLLIN | EPOLLOUT : EPOLLIN, &peer);
}

/// One chunk to each peer that takes one.
void Loop::pump() {
  more_to_send_ = false;
  const size_t chunk = chunk_bytes(peers_.size());
  for (size_t i = 0; i < peers_.size(); i++) {
    Peer& peer = *peers_[(turn_ + i) % peers_.size()];
    if (peer.state() != Peer::State::sending) continue;
    if (!peer.blocked() && !peer.exhausted()) {
      uint64_t due = pace_.allowed(elapsed());
      if (due == 0) break;
      // A fair share, so that a fleet looks like one.
      if (pace_.limited()) due = due / peers_.size() + 1;
      pace_.use(peer.send(feed_, due, chunk));
      if (peer.blocked()) update_interest(peer);
      if (!peer.blocked()) more_to_send_ = true;
    }
    if (peer.exhausted()) {
      peer.start_close();
      update_interest(peer);
    }
  }
  if (!peers_.empty()) turn_ = (turn_ + 1) % peers_.size();
}

/// No new message from here on.
void Loop::stop() {
  if (stopping_) return;
  stopping_ = true;
  listener_ = Fd();
  for (auto& peer : peers_) {
    peer->start_close();
    update_interest(*peer);
  }
}

void Loop::check_deadlines() {
  if (begun_ && args_.seconds > 0 && elapsed() >= args_.seconds) stop();
  const bool any_sending =
      std::any_of(peers_.begin(), peers_.end(), [](const auto& peer) { return peer->state() == Peer::State::sending; });
  if (any_sending || (!begun_ && !stopping_)) {
    closing_since_.reset();
    return;
  }
  const auto now = Clock::now();
  if (!closing_since_) closing_since_ = now;
  const bool late = std::chrono::duration<double>(now - *closing_since_).count() >= args_.close_timeout;
  if (!late && !given_up_) return;
  for (auto& peer : peers_) {
    peer->fail(given_up_         ? "given up on a second signal"
               : peer->blocked() ? "did not take all that was sent before --close-timeout"
                                 : "did not answer our close frame before --close-timeout");
  }
}

/// Takes the peers out that are over, and says why where that is a failure.
void Loop::bury() {
  auto is_over = [this](std::unique_ptr<Peer>& peer) {
    if (!peer->over()) return false;
    buried_.sent += peer->sent();
    buried_.bytes += peer->sent_bytes();
    if (peer->state() != Peer::State::finished && begun_ && !peers_may_leave_) {
      if (++failures_ <= kComplaints) {
        complain("peer " + peer->name() + " " + peer->error() + " after " + std::to_string(peer->sent()) + " messages");
      }
    }
    return true;
  };
  peers_.erase(std::remove_if(peers_.begin(), peers_.end(), is_over), peers_.end());
}

void Loop::progress() {
  const double now = elapsed();
  if (!begun_ || now - last_progress_at_ < kProgressEvery || done()) return;
  const Totals all = totals();
  const double rate = static_cast<double>(all.sent - last_progress_.sent) / (now - last_progress_at_);
  report_progress(now, all, rate, peers_.size());
  last_progress_ = all;
  last_progress_at_ = now;
}

bool Loop::done() const {
  if (!peers_.empty()) return false;
  return stopping_ || (begun_ && !peers_may_leave_);
}

int Loop::wait_ms() const {
  if (!begun_) return -1;
  if (more_to_send_ && !stopping_ && !pace_.limited()) return 0;
  const double now = elapsed();
  double until = last_progress_at_ + kProgressEvery;
  if (more_to_send_ && !stopping_) until = std::min(until, pace_.next_due());
  if (args_.seconds > 0 && !stopping_) until = std::min(until, args_.seconds);
  return static_cast<int>(std::ceil(std::clamp(until - now, 0.0, kProgressEvery) * 1000));
}

double Loop::elapsed() const { return begun_ ? std::chrono::duration<double>(Clock::now() - start_).count() : 0; }

Totals Loop::totals() const {
  Totals all = buried_;
  for (const auto& peer : peers_) {
    all.sent += peer->sent();
    all.bytes += peer->sent_bytes();
  }
  return all;
}

}  // namespace ekws_load

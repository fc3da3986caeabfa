// What runs the handlers of one loop.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <utility>

namespace ekws::net {

/// Asio's, for one thread at a time, which need not wait in it: it may wait for descriptor() instead. Asio itself does
/// not tell a thread outside of it that something was posted, so that goes by an eventfd in Asio's own epoll set.
class IoContext : public asio::io_context {
 public:
  /// Throws std::system_error where a descriptor is lacking.
  IoContext();

  /// Runs `task` soon. Any thread; within a handler asio::post does.
  template <typename Task>
  void post(Task task) {
    asio::post(*this, std::move(task));
    wake();
  }

  /// What post() does beside posting. Any thread.
  void wake() noexcept;

  /// Asio's epoll set, for nothing but to wait: readable (poll, or an edge in another set) when there may be something
  /// to run. Any thread.
  int descriptor() const { return descriptor_; }

  // Whoever runs it
  /// Has post() make descriptor() readable, from now on. Throws where there is no memory; to be called again then.
  void tell_of_posts();
  /// Whether descriptor() is readable now. That poll_one() found nothing does not say so: Asio takes 128 events at a
  /// time, which may all be about sockets that nobody waits for, and for the others no edge comes again.
  bool is_ready() const;

 private:
  asio::posix::stream_descriptor posts_;  ///< the eventfd; other threads write to its descriptor, which stays
  const int descriptor_;
  std::atomic<bool> woken_{false};
  bool telling_ = false;
};

}  // namespace ekws::net

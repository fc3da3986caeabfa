#include "net/io_pool.h"

#include <pthread.h>

#include <algorithm>
#include <asio/post.hpp>
#include <system_error>

#include "base/short_slice.h"
#include "base/signals.h"
#include "net/hangups.h"

namespace ekws::net {

namespace {

/// Starting a thread fails for want of a thread or of memory; its epoll sets, eventfd and timerfd of a descriptor.
int no_thread_code(const std::system_error& e) {
  const bool descriptors =
      e.code() == std::errc::too_many_files_open || e.code() == std::errc::too_many_files_open_in_system;
  return descriptors ? EKWS_E_DESCRIPTORS : EKWS_E_MEMORY;
}

}  // namespace

IoThread::IoThread() : work_(asio::make_work_guard(context_)) {
  // With all the descriptors that it will ever need: better no thread than one that cannot watch a socket.
  Hangups::of(context_);
  const BlockedSignals blocked;
  thread_ = std::thread([this] { loop(); });
  pthread_setname_np(thread_.native_handle(), "ekws-io");
}

IoThread::~IoThread() {
  work_.reset();
  ending_ = true;
  context_.stop();
  thread_.join();
}

void IoThread::loop() {
  ask_for_short_slices();
  for (;;) {
    context_.restart();
    if (ending_) return;  // looked at behind restart(), which undoes the stop()
    try {
      recover_at_ ? context_.run_until(*recover_at_) : context_.run();
    } catch (...) {
      // It is lost with its handler: whatever that should have set going stands still.
      recover_soon();
    }
    if (recover_at_ && std::chrono::steady_clock::now() >= *recover_at_) recover();
  }
}

void IoThread::recover_soon() noexcept {
  if (recover_at_) return;
  recover_at_ = std::chrono::steady_clock::now() + kNoMemoryRest;
  context_.stop();  // loop() goes on at once, with that time in mind
}

void IoThread::recover() {
  recover_at_.reset();
  for (std::size_t i = 0; i < recoverables_.size(); ++i) {  // by number: one may go meanwhile
    try {
      recoverables_[i]->recover();
    } catch (...) {
      recover_soon();
    }
  }
}

void IoThread::remove(const Recoverable& one) {
  recoverables_.erase(std::remove(recoverables_.begin(), recoverables_.end(), &one), recoverables_.end());
}

void IoThread::post(std::function<void()> task) { asio::post(context_, std::move(task)); }

bool IoThread::try_post(const std::function<void()>& task) noexcept {
  try {
    asio::post(context_, task);
    return true;
  } catch (...) {
    return false;
  }
}

void IoThread::run(std::function<void()> task) {
  std::packaged_task<void()> packaged(std::move(task));
  auto done = packaged.get_future();
  asio::post(context_, [&packaged] { packaged(); });
  done.get();
}

IoLease IoPool::acquire() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::size_t count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMax);
  std::shared_ptr<IoThread>* best = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    auto& thread = threads_[i];
    if (thread == nullptr) {
      try {
        thread = std::make_shared<IoThread>();
      } catch (const std::system_error& e) {
        if (best == nullptr) throw Failure({no_thread_code(e), std::string("no thread for sockets: ") + e.what()});
        break;
      }
      best = &thread;
      break;
    }
    if (best == nullptr || thread->users < (*best)->users) best = &thread;
    if ((*best)->users == 0) break;
  }
  return IoLease(*best);
}

}  // namespace ekws::net

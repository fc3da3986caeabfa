#include "net/io_loop.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <thread>

#include "net/hangups.h"

namespace ekws::net {

namespace {

/// So that who runs a loop gets to tell readers what has come, and the other loops get their turn.
constexpr int kHandlersPerTurn = 64;
/// Enough to make a system call rare at full speed, and little of it is ever touched where little comes. A quarter of
/// it costs a fifth more CPU a message of 92 bytes from a sender that is always ahead: the less is read at a time, the
/// oftener the kernel wakes that sender, at our expense.
constexpr std::size_t kReadBuffer = 256 * 1024;

}  // namespace

IoLoop::IoLoop() : buffer_(std::make_shared<ReadBuffer>(kReadBuffer)), work_(asio::make_work_guard(context_)) {
  // With all the descriptors that it will ever need: better no loop than one that cannot watch a socket.
  Hangups::of(context_);
  context_.tell_of_posts();
}

Fd IoLoop::descriptor() {
  Fd fd(::fcntl(context_.descriptor(), F_DUPFD_CLOEXEC, 0));
  if (!fd) {
    throw Failure({EKWS_E_DESCRIPTORS, std::string("no descriptor to watch sockets with: ") + strerror(errno)});
  }
  // Go's poller takes no other; to Asio it is all the same.
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return fd;
}

IoLoop::Turn IoLoop::turn(const std::function<bool()>& enough) noexcept {
  Turn turn;
  if (in_turn_.exchange(true)) {
    turn.busy = true;
    return turn;
  }
  if (recover_at_ && Clock::now() >= *recover_at_) recover();
  turn.more = true;
  for (int left = kHandlersPerTurn; left > 0 && turn.more; --left) {
    turn.more = run_one();
    if (enough()) left = std::min(left, 2);  // most often that was all, as the next one shows
  }
  if (recovery_asked_.exchange(false)) recover_soon();  // behind the handlers: one of them may have taken its wake()
  if (!turn.more) turn.more = context_.is_ready();
  if (recover_at_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*recover_at_ - Clock::now());
    turn.within = std::max(left, std::chrono::milliseconds(1));
  }
  in_turn_.store(false);
  return turn;
}

/// False where there was nothing to run.
bool IoLoop::run_one() noexcept {
  try {
    return context_.poll_one() != 0;
  } catch (...) {
    // It is lost with its handler: whatever that should have set going stands still.
    recover_soon();
    return true;
  }
}

void IoLoop::recover_soon() noexcept {
  if (!recover_at_) recover_at_ = Clock::now() + kNoMemoryRest;
}

void IoLoop::ask_to_recover() noexcept {
  recovery_asked_.store(true);
  context_.wake();
}

void IoLoop::recover() noexcept {
  recover_at_.reset();
  try {
    context_.tell_of_posts();
  } catch (...) {
    recover_soon();
  }
  for (std::size_t i = 0; i < recoverables_.size(); ++i) {  // by number: one may go meanwhile
    try {
      recoverables_[i]->recover();
    } catch (...) {
      recover_soon();
    }
  }
}

void IoLoop::remove(const Recoverable& one) {
  recoverables_.erase(std::remove(recoverables_.begin(), recoverables_.end(), &one), recoverables_.end());
}

bool IoLoop::try_post(const std::function<void()>& task) noexcept {
  try {
    context_.post(task);
    return true;
  } catch (...) {
    return false;
  }
}

void IoLoop::run(std::function<void()> task) {
  std::packaged_task<void()> packaged(std::move(task));
  auto done = packaged.get_future();
  context_.post([&packaged] { packaged(); });
  done.get();
}

std::size_t IoPool::size() noexcept {
  static const std::size_t size = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMax);
  return size;
}

Fd IoPool::open(std::size_t number) {
  const std::lock_guard<std::mutex> lock(mutex_);
  auto loop = loops_[number];
  if (loop == nullptr) {
    try {
      loop = std::make_shared<IoLoop>();
    } catch (const std::system_error& e) {
      throw Failure({EKWS_E_DESCRIPTORS, "no descriptor to watch sockets with: " + e.code().message()});
    }
  }
  Fd descriptor = loop->descriptor();  // without it the loop goes again, with the descriptors that it has taken
  opened_[number].store(loop.get());
  loops_[number] = std::move(loop);
  return descriptor;
}

IoLoop* IoPool::find(std::size_t number) const { return number < kMax ? opened_[number].load() : nullptr; }

IoLease IoPool::acquire() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::shared_ptr<IoLoop>* best = nullptr;
  for (const auto& loop : loops_) {
    if (loop != nullptr && (best == nullptr || loop->users < (*best)->users)) best = &loop;
  }
  if (best == nullptr) throw Failure({EKWS_E_INTERNAL, "no loop is there (ekws_loop_fd)"});
  return IoLease(*best);
}

}  // namespace ekws::net

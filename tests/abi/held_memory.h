// Memory that holds up who touches it.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

/// A page. A thread that reads or writes it waits inside that access until let_go(). One at a time in a process: it
/// has the handler of SIGSEGV while it lives.
class HeldMemory {
 public:
  HeldMemory() : data_(static_cast<char*>(::mmap(nullptr, size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    EXPECT_NE(static_cast<void*>(data_), MAP_FAILED);
    EXPECT_EQ(only_, nullptr);
    only_ = this;
    struct sigaction action {};
    action.sa_sigaction = [](int, siginfo_t* info, void*) { hold(info->si_addr); };
    action.sa_flags = SA_SIGINFO;
    EXPECT_EQ(::sigaction(SIGSEGV, &action, &before_), 0);
  }
  ~HeldMemory() {
    ::sigaction(SIGSEGV, &before_, nullptr);
    ::munmap(data_, size());
    only_ = nullptr;
  }
  HeldMemory(const HeldMemory&) = delete;
  HeldMemory& operator=(const HeldMemory&) = delete;

  char* data() { return data_; }
  static std::size_t size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

  /// Until a thread is held up; false when none is within the deadline.
  bool until_touched(std::chrono::milliseconds deadline) const {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!touched_ && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return touched_;
  }
  /// The page is as any other from now on. To be called before the end, whether or not somebody is held up.
  void let_go() {
    EXPECT_EQ(::mprotect(data_, size(), PROT_READ | PROT_WRITE), 0);
    let_go_ = true;
  }

 private:
  static void hold(const void* where) {
    const auto offset = reinterpret_cast<std::uintptr_t>(where) - reinterpret_cast<std::uintptr_t>(only_->data_);
    if (offset >= size()) {
      // A fault of somebody else: it comes again, and ends the process as it would have.
      ::sigaction(SIGSEGV, &only_->before_, nullptr);
      return;
    }
    const int before = errno;
    only_->touched_ = true;
    const timespec while_held{0, 1'000'000};
    while (!only_->let_go_) ::nanosleep(&while_held, nullptr);
    errno = before;
  }

  static inline HeldMemory* only_ = nullptr;
  char* data_;
  struct sigaction before_ {};
  std::atomic<bool> touched_{false};
  std::atomic<bool> let_go_{false};
};

// What this process has open and in memory.
#pragma once

#include <dirent.h>
#include <malloc.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

namespace process {

inline std::size_t entries(const char* folder) {
  std::size_t count = 0;
  DIR* dir = ::opendir(folder);
  if (dir == nullptr) return 0;
  while (const dirent* entry = ::readdir(dir)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(dir);
  return count;
}

inline std::size_t descriptors() { return entries("/proc/self/fd"); }
inline std::size_t threads() { return entries("/proc/self/task"); }

/// Bytes that malloc has given out and not got back, of all threads; 0 where a sanitizer has put its own in malloc's
/// place. What malloc keeps with each thread counts as given out, some KiB by chance: for less than that see
/// allocated_is_exact().
inline std::size_t allocated() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// Whether malloc keeps nothing with the threads (or a sanitizer has put its own in its place), as ctest starts the
/// tests: with GLIBC_TUNABLES=glibc.malloc.tcache_count=0.
inline bool allocated_is_exact() {
  void* volatile kept = std::malloc(100);
  const std::size_t before = allocated();
  std::free(kept);
  return before == 0 || allocated() < before;
}

/// A line of /proc/self/status in bytes: VmRSS, VmHWM (the most there was since forget_peak()).
inline std::size_t memory(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == name + ":" && status >> kib) return kib * 1024;
  }
  return 0;
}
inline void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5" << std::flush; }

}  // namespace process

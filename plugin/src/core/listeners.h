// Where this plugin itself listens.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace ekws::core {

/// Thread-safe.
class Listeners {
 public:
  /// `address`: "192.0.2.1:10081"
  void add(const std::string& address, std::uint16_t port) {
    const std::lock_guard<std::mutex> lock(mutex_);
    addresses_.emplace(port, address);
  }
  void remove(const std::string& address, std::uint16_t port) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto [first, last] = addresses_.equal_range(port);
    for (auto at = first; at != last; ++at) {
      if (at->second != address) continue;
      addresses_.erase(at);
      return;
    }
  }
  /// One that is on this port, of whatever IP; empty if there is none.
  std::string on(std::uint16_t port) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = addresses_.find(port);
    return found == addresses_.end() ? std::string() : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::multimap<std::uint16_t, std::string> addresses_;  // guarded by mutex_
};

}  // namespace ekws::core

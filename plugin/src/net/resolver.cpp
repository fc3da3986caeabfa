#include "net/resolver.h"

#include <netdb.h>
#include <pthread.h>

#include <algorithm>
#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/signals.h"

namespace ekws::net {

namespace {

std::vector<Address> look_up(const std::string& host, std::uint16_t port, Error& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) {
    const char* why = failed == EAI_SYSTEM ? strerror(errno) : ::gai_strerror(failed);
    error = {EKWS_E_RESOLVE, "cannot resolve " + host + ": " + why};
    return {};
  }
  std::vector<Address> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    Address address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.size = info->ai_addrlen;
    // Once each: glibc gives one as often as /etc/hosts has it.
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

/// What one io thread has under way.
class Lookups : public asio::execution_context::service {
 public:
  static asio::execution_context::id id;

  explicit Lookups(asio::execution_context& io) : asio::execution_context::service(io) {}

  void add(IoContext& io, const std::string& host, std::uint16_t port, const std::weak_ptr<NameWaiter>& waiter) {
    const std::string name = join_host_port(host, port);
    auto found = waiting_.find(name);
    if (found == waiting_.end()) {
      if (waiting_.size() >= kMax) {
        throw Failure({EKWS_E_RESOLVE, "cannot resolve " + host + ": " + std::to_string(waiting_.size()) +
                                           " other look-ups are without an answer"});
      }
      found = waiting_.emplace(name, Waiters{}).first;
      try {
        start(io, name, host, port);
      } catch (...) {
        waiting_.erase(found);
        throw;
      }
    }
    Waiters& waiters = found->second;
    // Each try to connect waits for its own time only; a name that hangs must not collect those that gave up.
    waiters.erase(std::remove_if(waiters.begin(), waiters.end(), [](const auto& weak) { return weak.expired(); }),
                  waiters.end());
    waiters.push_back(waiter);
  }

 private:
  using Waiters = std::vector<std::weak_ptr<NameWaiter>>;

  /// Threads that may hang; so many names that hang at once on one io thread are a fault of the resolver.
  static constexpr std::size_t kMax = 64;

  void shutdown() override { waiting_.clear(); }

  void answered(const std::string& name, const std::vector<Address>& addresses, const Error& error) {
    const Waiters waiters = std::move(waiting_[name]);
    waiting_.erase(name);
    for (const auto& weak : waiters) {
      if (const auto waiter = weak.lock()) waiter->resolved(addresses, error);
    }
  }

  void start(IoContext& io, const std::string& name, const std::string& host, std::uint16_t port) {
    const BlockedSignals blocked;
    try {
      std::thread([this, &io, name, host, port] {
        auto result = std::make_pair(std::vector<Address>(), Error());
        try {
          result.first = look_up(host, port, result.second);
        } catch (...) {
          result.second.code = EKWS_E_MEMORY;  // no text: there is no memory for one
        }
        while (!post(io, name, result)) std::this_thread::sleep_for(kNoMemoryRest);
      }).detach();
    } catch (const std::system_error& e) {
      throw Failure({EKWS_E_RESOLVE, std::string("no thread to resolve a name: ") + e.what()});
    }
  }

  /// False where there was no memory: without the answer the name would count as being looked up for ever.
  bool post(IoContext& io, const std::string& name, const std::pair<std::vector<Address>, Error>& result) {
    try {
      io.post([this, name, result] { answered(name, result.first, result.second); });
      return true;
    } catch (...) {
      return false;
    }
  }

  std::unordered_map<std::string, Waiters> waiting_;  ///< for each look-up under way
};

asio::execution_context::id Lookups::id;

}  // namespace

void resolve(IoContext& io, const std::string& host, std::uint16_t port, const std::weak_ptr<NameWaiter>& waiter) {
  asio::use_service<Lookups>(io).add(io, host, port, waiter);
}

}  // namespace ekws::net

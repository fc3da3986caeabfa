#include "net/resolver.h"

#include <netdb.h>
#include <pthread.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>
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
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace

void resolve(std::string host, std::uint16_t port, std::function<void(std::vector<Address>, Error)> done) {
  const BlockedSignals blocked;
  try {
    std::thread([host = std::move(host), port, done = std::move(done)] {
      try {
        Error error;
        auto addresses = look_up(host, port, error);
        done(std::move(addresses), std::move(error));
      } catch (...) {
        // Out of memory: nobody to tell it to. The dialling runs into its own deadline.
      }
    }).detach();
  } catch (const std::system_error& e) {
    throw Failure({EKWS_E_RESOLVE, std::string("no thread to resolve a name: ") + e.what()});
  }
}

}  // namespace ekws::net

// Names to addresses, on threads of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/address.h"
#include "net/io_loop.h"

namespace ekws::net {

class NameWaiter {
 public:
  virtual ~NameWaiter() = default;
  /// io thread
  virtual void resolved(std::vector<Address> addresses, const Error& error) = 0;
};

/// Looks up `host` without holding anybody up: getaddrinfo cannot be cancelled, so it runs on a detached thread, with
/// all signals blocked, however long that takes. A name that is being looked up is not looked up once more: the answer
/// is for all who wait for it then. io thread; `io` outlives all look-ups. Throws Failure (EKWS_E_RESOLVE) if there is
/// no thread, or if too many look-ups are without an answer.
void resolve(IoContext& io, const std::string& host, std::uint16_t port, const std::weak_ptr<NameWaiter>& waiter);

}  // namespace ekws::net

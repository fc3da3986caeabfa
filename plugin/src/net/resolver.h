// Names to addresses, on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "net/address.h"

namespace ekws::net {

/// Looks up `host` without holding anybody up: getaddrinfo cannot be cancelled, so it runs on a detached thread, with
/// all signals blocked, and `done` comes on that thread however long it takes. Throws Failure if there is no thread.
void resolve(std::string host, std::uint16_t port, std::function<void(std::vector<Address>, Error)> done);

}  // namespace ekws::net

// Who listens on a port that we cannot have.
#pragma once

#include <cstdint>

namespace ekws::net {

enum class PortOwner { nobody, this_process, another_process };

/// Looks into /proc; blocks for a moment. Any thread.
PortOwner port_owner(std::uint16_t port);

}  // namespace ekws::net

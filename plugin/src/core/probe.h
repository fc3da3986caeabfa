// The connectivity check.
#pragma once

#include <chrono>

#include "base/error.h"
#include "config/config.h"
#include "core/listeners.h"
#include "net/io_loop.h"

namespace ekws::core {

/// Dials, does the opening handshake and closes in order; blocks for `timeout` at most. Not on an io thread. With
/// `probe_any_status` an HTTP answer of any status counts as reached, and the text says so.
Error probe_client(net::IoLoop& io, const config::Config& config, std::chrono::milliseconds timeout);

/// Binds the address and lets it go again.
Error probe_server(const config::Config& config, const Listeners& ours);

}  // namespace ekws::core

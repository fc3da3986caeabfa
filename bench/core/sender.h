// One WebSocket client that sends as fast as its receiver takes it.
#pragma once

#include <cstdint>

#include "receiver.h"

namespace ekws_bench {

/// Connects, shakes hands, sends work.messages masked frames, and waits until the receiver is gone. Throws
/// std::system_error.
void send_all(std::uint16_t port, const Work& work);

}  // namespace ekws_bench

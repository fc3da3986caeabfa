// The loops of the core, run as the shim does: a thread each, for as long as the process lives.
#pragma once

#include <chrono>

#include "ekws/ekws.h"

namespace loops {

/// Keeps who is told of this one; both channels count as told at first. Until forget().
void watch(ekws_subscription sub);
void forget(ekws_subscription sub);

/// Whether the channel was told since this was last asked.
bool told(ekws_subscription sub, int channel);
/// Until somebody is told, or the time is over.
void wait(std::chrono::milliseconds at_most);

}  // namespace loops

// Texts that tell the user what to change, in the words of the configuration.
#pragma once

#include <string>

#include "config/config.h"

namespace ekws::config {

/// To follow "cannot listen on …: address in use": who has the port and the two ways out. `by_host`: another socket
/// of this process listens on it, which is the host's own data server.
std::string port_taken_advice(const Listen& listen, bool by_host);

}  // namespace ekws::config

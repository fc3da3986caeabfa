// Texts that tell the user what to change, in the words of the configuration.
#pragma once

#include <string>

#include "config/config.h"

namespace ekws::config {

/// Who has a port that we cannot have.
struct PortHolder {
  bool this_process = false;
  std::string ours;  ///< address of a listener of ours: other streams, on another IP; empty: it is none
};

/// To follow "cannot listen on …: address in use": who has the port and the two ways out.
std::string port_taken_advice(const Listen& listen, const PortHolder& holder);

}  // namespace ekws::config

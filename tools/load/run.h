// The two modes of the program.
#pragma once

#include "args.h"

namespace ekws_load {

/// Both return the exit status. @throws NetError, Interrupted
int run_client(const Args& args);
int run_server(const Args& args);

}  // namespace ekws_load

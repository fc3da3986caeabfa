// The two roles of ekws-echo.
#pragma once

#include "base/error.h"
#include "echo/options.h"

namespace ekws::echo {

/// Prints the address it listens on, then serves; does not return unless it cannot listen, which the error tells.
Error serve(const Options& options);

/// Returns once the connection is gone: why it has ended, empty where it had been open.
Error connect(const Options& options);

}  // namespace ekws::echo

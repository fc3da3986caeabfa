#pragma once

namespace ekws::core {

/// The versions of the plugin and of what is linked into it, for people. Any thread.
const char* build_info();

}  // namespace ekws::core

// Properties that the host puts beside ours, or reads itself out of what the user gives: nothing to us.
#pragma once

#include <string>
#include <string_view>

namespace ekws::config {

/// In whatever case.
bool is_host_key(std::string_view name);

/// The known name (ours or the host's) that `name` is probably a slip of; empty if none is close.
std::string_view nearest_known(std::string_view name);

}  // namespace ekws::config

// Small files, read at once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace ekws {

/// The content, `max` bytes of it at most; empty when it cannot be read (errno). The descriptor is close-on-exec: the
/// host may start a child at any time. Blocks; any thread.
std::optional<std::string> read_file(const std::string& path, std::size_t max);

}  // namespace ekws

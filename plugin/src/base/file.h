// Small files, read at once.
#pragma once

#include <cstddef>
#include <string>

namespace ekws {

/// The content of a regular file of at most `max` bytes (whole KiB); else nothing, and in `error` why: "No such file or
/// directory", "not a regular file", "larger than 1 MiB". Never waits for a writer, but for the disk. The descriptor is
/// close-on-exec: the host may start a child at any time. Any thread. Throws Failure (EKWS_E_DESCRIPTORS) where there
/// is no descriptor for it, which says nothing about the file.
std::string read_small_file(const std::string& path, std::size_t max, std::string& error);

}  // namespace ekws

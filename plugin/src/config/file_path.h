// Files that properties name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ekws::config {

/// `given` if it is absolute, else below `root` (the document's folder for relative paths; empty: the working
/// directory). As written otherwise: links and ".." are the file system's business. Empty stays empty.
std::string absolute_path(const std::string& root, std::string_view given);

/// The content of a regular file of at most `max` bytes; else nothing, and in `error` why: "No such file or directory",
/// "not a regular file", "larger than 1 MiB". Never waits for a writer.
std::string read_small_file(const std::string& path, std::size_t max, std::string& error);

}  // namespace ekws::config

// Files that properties name.
#pragma once

#include <string>
#include <string_view>

namespace ekws::config {

/// `given` if it is absolute, else below `root` (the document's folder for relative paths; empty: the working
/// directory). As written otherwise: links and ".." are the file system's business. Empty stays empty.
std::string absolute_path(const std::string& root, std::string_view given);

}  // namespace ekws::config

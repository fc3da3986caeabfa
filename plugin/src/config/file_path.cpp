#include "config/file_path.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "config/units.h"

namespace ekws::config {

std::string absolute_path(const std::string& root, std::string_view given) {
  if (given.empty() || given.front() == '/' || root.empty()) return std::string(given);
  std::string path = root;
  if (path.back() != '/') path += '/';
  return path.append(given);
}

std::string read_small_file(const std::string& path, std::size_t max, std::string& error) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    error = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    error = "not a regular file";
  } else if (static_cast<std::uintmax_t>(status.st_size) > max) {
    error = "larger than " + format_size(static_cast<std::int64_t>(max));
  } else if (auto text = read_file(path, max)) {
    return std::move(*text);
  } else {
    error = std::strerror(errno);
  }
  return {};
}

}  // namespace ekws::config

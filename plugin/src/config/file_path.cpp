#include "config/file_path.h"

namespace ekws::config {

std::string absolute_path(const std::string& root, std::string_view given) {
  if (given.empty() || given.front() == '/' || root.empty()) return std::string(given);
  std::string path = root;
  if (path.back() != '/') path += '/';
  return path.append(given);
}

}  // namespace ekws::config

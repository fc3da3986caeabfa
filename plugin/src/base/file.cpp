#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/fd.h"

namespace ekws {

std::optional<std::string> read_file(const std::string& path, std::size_t max) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::string content;
  std::array<char, 16384> buffer{};
  while (content.size() < max) {
    const ssize_t got = ::read(fd.get(), buffer.data(), std::min(buffer.size(), max - content.size()));
    if (got == 0) break;
    if (got < 0) {
      if (errno == EINTR) continue;
      return std::nullopt;
    }
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return content;
}

}  // namespace ekws

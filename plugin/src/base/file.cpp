#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"

namespace ekws {

namespace {

std::string size_text(std::size_t bytes) {
  const bool mib = bytes % (1 << 20) == 0;
  return std::to_string(mib ? bytes >> 20 : bytes >> 10) + (mib ? " MiB" : " KiB");
}

}  // namespace

std::string read_small_file(const std::string& path, std::size_t max, std::string& error) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && (errno == EMFILE || errno == ENFILE)) {
    throw Failure({EKWS_E_DESCRIPTORS, "no descriptor to read " + path + ": " + std::strerror(errno)});
  }
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    error = std::strerror(errno);
    return {};
  }
  if (!S_ISREG(status.st_mode)) {
    error = "not a regular file";
    return {};
  }
  std::string content;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got == 0) return content;
    if (got < 0) {
      if (errno == EINTR) continue;
      error = std::strerror(errno);
      return {};
    }
    content.append(buffer.data(), static_cast<std::size_t>(got));
    if (content.size() > max) {
      error = "larger than " + size_text(max);
      return {};
    }
  }
}

}  // namespace ekws

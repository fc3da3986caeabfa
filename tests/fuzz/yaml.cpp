// The host's kuiper.yaml, which is somebody else's: read whole, and by libyaml.
#include <sys/mman.h>
#include <unistd.h>

#include "config/kuiper_yaml.h"
#include "target.h"

namespace {

using ekws::fuzz::promise;

/// A file in memory, one for all inputs.
std::string file_with(const std::uint8_t* data, std::size_t size) {
  static const int fd = ::memfd_create("kuiper.yaml", MFD_CLOEXEC);
  promise(fd >= 0 && ::ftruncate(fd, 0) == 0, "there is memory");
  promise(::pwrite(fd, data, size, 0) == static_cast<ssize_t>(size), "there is memory");
  return "/proc/self/fd/" + std::to_string(fd);
}

void check_warnings(const std::vector<std::string>& warnings) {
  promise(warnings.size() <= 1, "what is wrong is told once");
  for (const std::string& warning : warnings) {
    ekws::fuzz::check_text(warning);
    promise(warning.find("/proc/self/fd/") != std::string::npos, "a warning names the file");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ekws;
  const std::string file = file_with(data, size);
  std::vector<std::string> warnings;
  const config::SourceSection source = config::read_source_section(file, warnings);
  check_warnings(warnings);
  for (const std::string& value :
       {source.ip.value_or(""), source.port.value_or(""), source.tls.certificate, source.tls.key}) {
    promise(fuzz::is_utf8(value), "values are UTF-8");
  }
  promise(!source.ip || !source.ip->empty(), "an address is there or not");
  promise(!source.port || !source.port->empty(), "a port is there or not");

  warnings.clear();
  for (const auto& [name, value] : config::read_tls_section(file, warnings)) {
    promise(!name.empty() && fuzz::is_utf8(name) && fuzz::is_utf8(value), "names and values are UTF-8");
  }
  check_warnings(warnings);
  return 0;
}

// The JSON document that crosses the boundary.
#include "config/config.h"

#include "base/error.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ekws;
  std::string document(reinterpret_cast<const char*>(data), size);
  // Files are somebody else's input.
  if (document.find("Path") != std::string::npos || document.find("Yaml") != std::string::npos) return 0;
  try {
    const config::Config config = config::parse(document.data(), document.size());
    for (const std::string& warning : config.warnings) fuzz::check_text(warning);
    if (config.role == config::Role::client) {
      fuzz::promise(!config.dial.host.empty() && config.dial.port != 0, "a client knows where to");
      fuzz::promise(config.dial.target.rfind('/', 0) == 0, "a target starts with a slash");
    } else {
      fuzz::promise(!config.listen.ip.empty() && config.listen.port != 0, "a server knows where");
      fuzz::promise(config.listen.path.rfind('/', 0) == 0, "a path starts with a slash");
    }
    fuzz::promise(config.limits.max_message_bytes > 0 && config.queue.bytes > 0, "limits have values");
  } catch (const Failure& failure) {
    fuzz::check_text(failure.error().text);
    fuzz::promise(failure.error().error_class() == EKWS_CLASS_CONFIG, "errors are of class config");
  }
  return 0;
}

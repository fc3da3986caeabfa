// The router: a line with a pattern as a user writes it, then what a peer asks for.
#include "core/route.h"

#include <vector>

#include "base/error.h"
#include "config/path.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ekws;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  const std::string target = line == std::string::npos ? input : input.substr(line + 1);
  const auto [path, query] = core::split_target(target);
  fuzz::promise(path.size() + query.size() <= target.size(), "a target is split, not grown");
  for (const auto& [name, value] : core::parse_query(query)) {
    fuzz::promise(name.size() + value.size() <= query.size(), "decoding makes nothing longer");
  }
  const std::string decoded = core::percent_decode(path);
  fuzz::promise(decoded.size() <= path.size(), "decoding makes nothing longer");
  try {
    std::vector<std::string> warnings;
    const core::Route route(config::server_pattern("DATASOURCE", input.substr(0, line), warnings));
    for (const std::string& warning : warnings) fuzz::check_text(warning);
    const auto values = route.match(decoded);
    if (!route.has_variables()) fuzz::promise(values.has_value() == (route.pattern() == decoded), "a path is itself");
    for (const auto& [name, value] : values.value_or(core::Pairs())) {
      fuzz::promise(!name.empty() && decoded.find(value) != std::string::npos, "values are parts of the path");
    }
  } catch (const Failure& failure) {
    fuzz::check_text(failure.error().text);
    fuzz::promise(failure.error().error_class() == EKWS_CLASS_CONFIG, "errors are of class config");
  }
  return 0;
}

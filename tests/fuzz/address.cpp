// Addresses, paths and headers as users write them. What comes of them stands in a request: nothing may break out of
// it.
#include "config/address.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "config/header.h"
#include "config/path.h"
#include "target.h"

namespace {

using namespace ekws;
using fuzz::promise;

template <typename Read>
void guarded(Read read) {
  try {
    read();
  } catch (const Failure& failure) {
    fuzz::check_text(failure.error().text);
    promise(failure.error().error_class() == EKWS_CLASS_CONFIG, "errors are of class config");
  }
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  guarded([&] {
    const config::Address address = config::parse_address(text);
    promise(!address.host.empty() && is_one_line(address.host), "a host is a part of a line");
    promise(address.host.find_first_of("/@ []?#") == std::string::npos, "a host is a host");
    promise(address.scheme.empty() || address.scheme == "ws" || address.scheme == "wss", "schemes");
  });
  guarded([&] {
    std::vector<std::string> warnings;
    const std::string target = config::client_target("DATASOURCE", text, warnings);
    for (const std::string& warning : warnings) fuzz::check_text(warning);
    promise(std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; }),
            "a target is a word");
  });
  const std::string ip = config::listen_ip(text);
  promise(ip.empty() || config::is_ip_literal(ip), "what is listened on is an IP literal");
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (document.HasParseError()) return 0;
  guarded([&] {
    for (const auto& [name, value] : config::read_headers(document)) {
      promise(!name.empty() && is_one_line(name) && name.find(':') == std::string::npos, "a header's name is a token");
      promise(is_one_line(value), "a header's value is a line");
    }
  });
  return 0;
}

// The header Sec-WebSocket-Extensions (RFC 6455 section 9.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ekws::net {

/// One of the list, as it was written.
struct Extension {
  struct Parameter {
    std::string name;
    std::optional<std::string> value;  ///< unquoted
  };
  std::string name;
  std::vector<Parameter> parameters;
};

using Extensions = std::vector<Extension>;

/// In the order of the header; nothing where it breaks the grammar. An empty header is an empty list. Any thread.
std::optional<Extensions> parse_extensions(std::string_view header);

}  // namespace ekws::net

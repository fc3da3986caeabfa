// What a reader can know about a connection.
#pragma once

#include <cstdint>
#include <string>

#include "core/route.h"

namespace ekws::core {

struct Metadata {
  std::uint64_t connection_id = 0;
  std::string remote_address;
  std::string target;  ///< path and query as in the request line
  std::string host;
  Pairs path_params;
  std::string subprotocol = {};
  std::string tls_subject = {};  ///< of the client certificate that was given and checked
};

/// The JSON object of an OPENED record (docs/develop.md); what is empty is left out.
std::string to_json(const Metadata& metadata);

}  // namespace ekws::core

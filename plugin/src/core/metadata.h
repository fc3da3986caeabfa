// What a reader can know about a connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/route.h"
#include "net/session.h"

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

/// What one connection may bring along: the host gets a copy with each of its messages, small ones too.
constexpr std::size_t kMaxMetadata = 4096;  ///< bytes, as JSON
constexpr std::size_t kMaxQueryParameters = 64;

/// What a request with this metadata, `json` as JSON, is answered: 101, or 414 or 431 where it brings too much.
net::Response check_size(const Metadata& metadata, const std::string& json);

}  // namespace ekws::core

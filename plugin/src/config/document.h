// The JSON document that crosses the boundary (docs/develop.md, "Configuration across the boundary").
#pragma once

#include <rapidjson/document.h>

#include <cstddef>
#include <string>

namespace ekws::config {

struct Document {
  rapidjson::Document json;  ///< owns what `props` points to
  rapidjson::Value* props = nullptr;
  std::string kuiper_yaml;                    ///< absolute path of the host's kuiper.yaml; empty when there is none
  std::string websocket_yaml;                 ///< the same of its configuration groups
  rapidjson::Value* default_group = nullptr;  ///< what the host's environment sets in the group `default`, or null
  bool merge_default = false;                 ///< the host has not laid the group `default` under the properties
  std::string data_server_port;  ///< of the host's environment, which moves its own data server; empty: not set there
  std::string rest_port;         ///< the same of its REST interface
  std::string rpc_port;          ///< the same of what its command line tool talks to
  std::string root;              ///< folder that relative paths are relative to
  std::string label;
  bool probe_any_status = false;
};

/// Checks the frame, not the properties. Throws Failure(EKWS_E_CONFIG_SYNTAX): whoever called us is at fault, not the
/// user.
Document read_document(const char* json, std::size_t length);

}  // namespace ekws::config

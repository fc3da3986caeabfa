#include "core/metadata.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string_view>

#include "base/utf8.h"

namespace ekws::core {

namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, std::string_view text) {
  const std::string valid = valid_utf8(text);  // paths and headers are a peer's bytes
  writer.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void put(Writer& writer, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  put(writer, name);
  put(writer, value);
}

void put(Writer& writer, std::string_view name, const Pairs& pairs) {
  if (pairs.empty()) return;
  put(writer, name);
  writer.StartObject();
  for (const auto& [key, value] : pairs) {
    put(writer, key);
    put(writer, value);
  }
  writer.EndObject();
}

}  // namespace

std::string to_json(const Metadata& metadata) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  const auto [path, query] = split_target(metadata.target);
  writer.StartObject();
  put(writer, "remoteAddress", metadata.remote_address);
  put(writer, "path", path);
  put(writer, "pathParams", metadata.path_params);
  put(writer, "query", parse_query(query));
  put(writer, "host", metadata.host);
  put(writer, "subprotocol", metadata.subprotocol);
  put(writer, "tlsSubject", metadata.tls_subject);
  put(writer, "connectionId");
  writer.Uint64(metadata.connection_id);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

net::Response check_size(const Metadata& metadata, const std::string& json) {
  const std::string most = std::to_string(kMaxMetadata);
  if (metadata.target.size() > kMaxMetadata) return {414, "path and query are longer than " + most + " bytes"};
  if (parse_query(split_target(metadata.target).second).size() > kMaxQueryParameters) {
    return {414, "the query has more than " + std::to_string(kMaxQueryParameters) + " parameters"};
  }
  if (json.size() > kMaxMetadata) {
    return {431, "path, query, Host and certificate make more than " + most + " bytes of metadata"};
  }
  return {};
}

}  // namespace ekws::core

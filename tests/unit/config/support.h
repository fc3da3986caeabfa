// For the tests of the configuration: documents in, configurations and texts out.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>

#include "base/error.h"
#include "config/config.h"

namespace ekws::config::test {

inline Config parse_text(const std::string& document) { return parse(document.data(), document.size()); }

/// A document around properties, with further keys such as R"("kuiperYaml":"/x")".
inline std::string document(const std::string& props, const std::string& more = "") {
  return R"({"props":)" + props + (more.empty() ? "" : "," + more) + "}";
}

/// Properties in JSON without the braces, `"a":1,"b":2`, beside a DATASOURCE.
inline Config parse_props(const std::string& props) {
  return parse_text(document(R"({"datasource":"/a")" + (props.empty() ? "" : "," + props) + "}"));
}

/// The error of whatever is called; code 0 if it does not throw.
template <typename Call>
Error error_of(Call call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure.error();
  }
  return {};
}

inline std::string text_of(const std::string& props) {
  const Error error = error_of([&] { parse_props(props); });
  return error.code == EKWS_E_CONFIG_VALUE || error.code == EKWS_OK ? error.text : "wrong code";
}

inline std::string quoted(const std::string& text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return buffer.GetString();
}

/// Everything that a configuration says, for comparing two.
inline std::string dump(const Config& config) {
  std::string text = config.role == Role::client ? "client" : "server";
  const auto add = [&](const auto&... parts) { ((text += "\n" + parts), ...); };
  const auto number = [](auto value) { return std::to_string(value); };
  const Dial& dial = config.dial;
  add(config.label, number(dial.tls.has_value()), dial.host, number(dial.port), dial.target,
      number(dial.connect_timeout.count()), number(dial.reconnect_initial.count()), number(dial.reconnect_max.count()),
      number(dial.reconnect_stable.count()), dial.header_file);
  for (const auto& [name, value] : dial.headers) add(name, value);
  const Listen& listen = config.listen;
  add(listen.ip, number(listen.port), number(static_cast<int>(listen.origin)), listen.path,
      number(listen.max_connections));
  const Limits& limits = config.limits;
  add(number(limits.max_message_bytes), number(limits.handshake_timeout.count()), number(limits.close_timeout.count()),
      number(limits.ping_interval.count()), number(limits.pong_timeout.count()));
  add(number(limits.compression.on), number(limits.compression.window_bits));
  add(number(config.queue.bytes), number(config.queue.messages), number(config.probe_any_status));
  for (const auto& warning : config.warnings) add(warning);
  return text;
}

}  // namespace ekws::config::test

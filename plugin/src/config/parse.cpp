#include <string>
#include <string_view>

#include "config/address.h"
#include "config/config.h"
#include "config/document.h"
#include "config/header.h"
#include "config/kuiper_yaml.h"
#include "config/path.h"
#include "config/props.h"
#include "config/text.h"
#include "config/units.h"
#include "config/value.h"

namespace ekws::config {
namespace {

constexpr const char* kNotYet = " is not supported by this version yet";

/// A path and the name of what it was given in.
struct Path {
  std::string_view where;
  std::string text;
};

bool is_for(const Property& row, Role role) {
  return row.side == Side::both || (row.side == Side::client) == (role == Role::client);
}

/// What this version cannot do is refused where it would have mattered, and only told where it would not.
void refuse_not_yet(const Props& props, Role role, std::vector<std::string>& warnings) {
  for (const auto& row : table()) {
    const auto* value = row.not_yet ? props.find(row.name) : nullptr;
    if (value == nullptr || (row.type == Type::boolean && !read_boolean(row, *value))) continue;
    if (is_for(row, role)) fail(row.name, std::string("this property") + kNotYet + "; leave it out or empty");
    warnings.push_back(std::string(row.name) + " is ignored " +
                       (role == Role::server ? "by a server (addr is empty)" : "by a client (addr is given)"));
  }
}

Path given_path(const Props& props, const std::string& in_addr, bool probe, std::vector<std::string>& warnings) {
  const auto* datasource = props.find("datasource");
  if (datasource != nullptr && !datasource->IsString()) {
    refuse("DATASOURCE", "the value given", "a path, such as /api/data");
  }
  const Path from_datasource{"DATASOURCE", std::string(datasource == nullptr ? "" : trim(view(*datasource)))};
  const Path from_property{"path", props.text("path")};
  const Path& path = from_datasource.text.empty() ? from_property : from_datasource;
  if (path.text.empty()) {
    if (!in_addr.empty()) return {"addr", in_addr};
    if (probe) return {"path", "/"};
    fail("DATASOURCE", "a path is needed, such as /api/data, here or in the property path");
  }
  if (!in_addr.empty()) {
    refuse("addr", "the path " + quote_without_query(in_addr),
           "left out: the path belongs in DATASOURCE, which is " + quote_without_query(path.text));
  }
  if (!from_property.text.empty() && path.text != from_property.text) {
    warnings.push_back("path " + quote_without_query(from_property.text) + " is ignored: DATASOURCE " +
                       quote_without_query(path.text) + " comes first");
  }
  return path;
}

/// Throws unless `less` is not above `more`; blames whichever was given.
void check_order(const Props& props, std::string_view less, std::string_view more) {
  if (props.number(less) <= props.number(more)) return;
  const bool blame_less = props.given(less);
  const auto blamed = blame_less ? less : more;
  const auto other = blame_less ? more : less;
  refuse(blamed, format_duration(props.number(blamed)),
         std::string(blame_less ? "at most " : "at least ") + std::string(other) + ", which is " +
             format_duration(props.number(other)));
}

/// Whether the client speaks TLS.
bool read_scheme(const Props& props, const Address& address) {
  const std::string property = props.text("scheme");
  if (!property.empty() && !address.scheme.empty() && property != address.scheme) {
    refuse("scheme", quote(property), "what addr says: " + address.scheme);
  }
  const bool in_addr = !address.scheme.empty();
  const std::string scheme = in_addr ? address.scheme : property;
  if (scheme == "wss") fail(in_addr ? "addr" : "scheme", std::string("wss") + kNotYet);
  return false;
}

Dial read_dial(const Props& props, bool probe, std::vector<std::string>& warnings) {
  const Address address = parse_address(props.text("addr"));
  Dial dial;
  dial.tls = read_scheme(props, address);
  dial.host = address.host;
  dial.port = address.port != 0 ? address.port : static_cast<std::uint16_t>(dial.tls ? 443 : 80);
  const Path path = given_path(props, address.path, probe, warnings);
  dial.target = client_target(path.where, path.text);
  if (const auto* headers = props.find("requestHeader")) dial.headers = read_headers(*headers);
  dial.connect_timeout = props.duration("connectTimeout");
  check_order(props, "reconnectInitial", "reconnectMax");
  dial.reconnect_initial = props.duration("reconnectInitial");
  dial.reconnect_max = props.duration("reconnectMax");
  dial.reconnect_stable = props.duration("reconnectStable");
  return dial;
}

std::string read_ip(const Props& props, const SourceSection& section, const std::string& file) {
  const bool in_group = props.given("httpServerIp");
  const std::string given = in_group ? props.text("httpServerIp") : section.ip.value_or("");
  const std::string ip = listen_ip(given);
  // Not a warning in kuiper.yaml either: to fall back to 0.0.0.0 would listen where nobody wanted it.
  if (ip.empty()) {
    refuse("httpServerIp", quote(given) + (in_group ? "" : " in " + file), "an IP address, such as 0.0.0.0 or ::");
  }
  return ip;
}

void read_port(const Props& props, const SourceSection& section, const std::string& file, Listen& listen,
               std::vector<std::string>& warnings) {
  const Property& row = *find_property("httpServerPort");
  listen.port = static_cast<std::uint16_t>(props.number(row.name));
  if (props.given(row.name)) {
    listen.origin = ListenOrigin::group;
  } else if (section.port) {
    const auto port = parse_integer(*section.port);
    if (port && *port >= row.min && *port <= row.max) {
      listen.port = static_cast<std::uint16_t>(*port);
      listen.origin = ListenOrigin::kuiper_yaml;
    } else {  // what the host does with such a port, too
      warnings.push_back("httpServerPort: " + quote(*section.port) + " in " + file + " is not a port; " +
                         std::to_string(row.number) + " is used");
    }
  }
}

Listen read_listen(const Props& props, const Document& document, std::vector<std::string>& warnings) {
  SourceSection section;
  if (!document.kuiper_yaml.empty()) section = read_source_section(document.kuiper_yaml, warnings);
  if (section.tls) {  // to listen without TLS instead would be worse than not to listen
    fail("httpServerTls", "this property in " + document.kuiper_yaml + kNotYet);
  }
  Listen listen;
  listen.ip = read_ip(props, section, document.kuiper_yaml);
  read_port(props, section, document.kuiper_yaml, listen, warnings);
  const Path path = given_path(props, {}, document.probe_any_status, warnings);
  listen.path = server_pattern(path.where, path.text, warnings);
  listen.max_connections = static_cast<std::uint64_t>(props.number("maxConnections"));
  if (props.text("scheme") == "wss") warnings.emplace_back("scheme wss is ignored by a server (addr is empty)");
  return listen;
}

Limits read_limits(const Props& props) {
  Limits limits;
  limits.max_message_bytes = static_cast<std::uint64_t>(props.number("maxMessageBytes"));
  limits.handshake_timeout = props.duration("handshakeTimeout");
  limits.close_timeout = props.duration("closeTimeout");
  limits.ping_interval = props.duration("pingInterval");
  limits.pong_timeout = props.duration("pongTimeout");
  // Where it is off the rest makes no difference, so none between streams that share a listener either.
  if (props.flag("compression")) limits.compression = {true, static_cast<int>(props.number("compressionWindowBits"))};
  return limits;
}

}  // namespace

Config parse(const char* json, std::size_t length) {
  const Document document = read_document(json, length);
  Config config;
  const Props props(*document.props, config.warnings);
  config.role = props.given("addr") ? Role::client : Role::server;
  config.label = document.label;
  config.probe_any_status = document.probe_any_status;
  refuse_not_yet(props, config.role, config.warnings);
  config.limits = read_limits(props);
  config.queue.bytes = static_cast<std::uint64_t>(props.number("queueBytes"));
  config.queue.messages = static_cast<std::uint64_t>(props.number("queueMessages"));
  if (config.role == Role::client) {
    config.dial = read_dial(props, document.probe_any_status, config.warnings);
  } else {
    config.listen = read_listen(props, document, config.warnings);
  }
  return config;
}

}  // namespace ekws::config

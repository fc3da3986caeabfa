#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/address.h"
#include "config/config.h"
#include "config/default_group.h"
#include "config/document.h"
#include "config/file_path.h"
#include "config/header.h"
#include "config/kuiper_yaml.h"
#include "config/path.h"
#include "config/props.h"
#include "config/text.h"
#include "config/tls.h"
#include "config/units.h"
#include "config/value.h"

namespace ekws::config {
namespace {

/// A path and the name of what it was given in.
struct Path {
  std::string_view where;
  std::string text;
};

bool is_for(const Property& row, Role role) {
  return row.side == Side::both || (row.side == Side::client) == (role == Role::client);
}

/// What cannot be done is refused where it would have mattered.
void refuse_unsupported(const Props& props, Role role) {
  for (const auto& row : table()) {
    if (!row.unsupported || !is_for(row, role) || !props.given(row.name)) continue;
    fail(row.name, std::string("it is not supported; leave it out or empty. ") + row.hint.en);
  }
}

/// A certificate given in the wrong role is a mistake that would else be found on the wire.
void warn_of_other_role(const Props& props, Role role, std::vector<std::string>& warnings) {
  for (const auto& row : table()) {
    const auto* value = row.credential && !is_for(row, role) ? props.find(row.name) : nullptr;
    if (value == nullptr || (row.type == Type::boolean && !read_boolean(row, *value))) continue;
    warnings.push_back(std::string(row.name) + " is ignored " +
                       (role == Role::server ? "by a server (addr is empty); its certificate is httpServerTls"
                                             : "by a client (addr is given)"));
  }
}

/// A client takes the property before DATASOURCE, with or without the first "/", and a server after it, as the built-in
/// source does.
Path given_path(const Props& props, const std::string& in_addr, bool probe, std::vector<std::string>& warnings) {
  const auto* datasource = props.find("datasource");
  if (datasource != nullptr && !datasource->IsString()) {
    refuse("DATASOURCE", "the value given", "a path, such as /api/data");
  }
  const Path from_datasource{"DATASOURCE", std::string(datasource == nullptr ? "" : trim(view(*datasource)))};
  Path from_property{"path", props.text("path")};
  const bool client = props.given("addr");
  if (client && !from_property.text.empty() && from_property.text[0] != '/') from_property.text.insert(0, "/");
  const bool first = client ? !from_property.text.empty() : from_datasource.text.empty();
  const Path& path = first ? from_property : from_datasource;
  const Path& other = first ? from_datasource : from_property;
  if (path.text.empty()) {
    if (!in_addr.empty()) return {"addr", in_addr};
    if (probe) return {"path", "/"};
    fail("DATASOURCE", "a path is needed, such as /api/data, here or in the property path");
  }
  if (!in_addr.empty()) {
    refuse("addr", "the path " + quote_without_query(in_addr),
           "left out: the path is that of " + std::string(path.where) + ", " + quote_without_query(path.text));
  }
  if (!other.text.empty() && path.text != other.text) {
    warnings.push_back(std::string(other.where) + " " + quote_without_query(other.text) +
                       " is ignored: " + std::string(path.where) + " " + quote_without_query(path.text) +
                       " comes first in " + (client ? "client" : "server") + " mode");
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

/// Empty when none was given.
std::string read_scheme(const Props& props, const Address& address) {
  const std::string property = props.text("scheme");
  if (!property.empty() && !address.scheme.empty() && property != address.scheme) {
    refuse("scheme", quote(property), "what addr says: " + address.scheme);
  }
  return address.scheme.empty() ? property : address.scheme;
}

/// The file is read again for every handshake; now for whoever has to hear that it cannot be.
std::string read_header_file_path(const Props& props, const std::string& root) {
  const std::string given = props.text("requestHeaderFile");
  if (std::any_of(given.begin(), given.end(), is_control)) {
    refuse("requestHeaderFile", quote(given), "the path of a file, without control characters");
  }
  const std::string path = absolute_path(root, given);
  if (!path.empty()) read_header_file(path);
  return path;
}

Dial read_dial(const Props& props, const Document& document, std::vector<std::string>& warnings) {
  const Address address = parse_address(props.text("addr"));
  Dial dial;
  dial.tls = read_client_tls(props, document, read_scheme(props, address), warnings);
  dial.host = address.host;
  dial.port = address.port != 0 ? address.port : static_cast<std::uint16_t>(dial.tls ? 443 : 80);
  const Path path = given_path(props, address.path, document.probe_any_status, warnings);
  dial.target = client_target(path.where, path.text, warnings);
  if (const auto* headers = props.find("requestHeader")) dial.headers = read_headers(*headers);
  dial.header_file = read_header_file_path(props, document.root);
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

std::optional<std::uint16_t> as_port(const std::optional<std::string>& text) {
  const Property& row = *find_property("httpServerPort");
  const auto port = parse_integer(text.value_or(""));
  if (!port || *port < row.min || *port > row.max) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

void read_port(const Props& props, const SourceSection& section, const std::string& file, Listen& listen,
               std::vector<std::string>& warnings) {
  const Property& row = *find_property("httpServerPort");
  listen.port = static_cast<std::uint16_t>(props.number(row.name));
  if (props.given(row.name)) {
    listen.origin = ListenOrigin::group;
  } else if (section.port) {
    if (const auto port = as_port(section.port)) {
      listen.port = *port;
      listen.origin = ListenOrigin::kuiper_yaml;
    } else {  // what the host does with such a port, too
      warnings.push_back("httpServerPort: " + quote(*section.port) + " in " + file + " is not a port; " +
                         std::to_string(row.number) + " is used");
    }
  }
}

/// A port of the host: its environment comes before kuiper.yaml.
std::uint16_t host_port(const std::string& environment, const std::optional<std::string>& file,
                        std::uint16_t unless_set) {
  return as_port(environment).value_or(as_port(file).value_or(unless_set));
}

/// eKuiper opens its sources first, and does not start where a port of its own is taken by then.
void refuse_port(std::uint16_t port, std::uint16_t of_host, const char* whose) {
  if (port != of_host) return;
  refuse("httpServerPort", std::to_string(port),
         std::string("another port: this one is eKuiper's own (") + whose + "), and it could not start again");
}

Listen read_listen(const Props& props, const Document& document, std::vector<std::string>& warnings) {
  SourceSection section;
  if (!document.kuiper_yaml.empty()) section = read_source_section(document.kuiper_yaml, warnings);
  Listen listen;
  listen.ip = read_ip(props, section, document.kuiper_yaml);
  read_port(props, section, document.kuiper_yaml, listen, warnings);
  refuse_port(listen.port, host_port(document.rest_port, section.rest_port, 9081),
              "restPort in the section basic of kuiper.yaml");
  refuse_port(listen.port, host_port(document.rpc_port, section.rpc_port, 20498),
              "port in the section basic of kuiper.yaml");
  listen.data_server_port = host_port(document.data_server_port, section.port,
                                      static_cast<std::uint16_t>(find_property("httpServerPort")->number));
  const Path path = given_path(props, {}, document.probe_any_status, warnings);
  listen.path = server_pattern(path.where, path.text, warnings);
  listen.max_connections = static_cast<std::uint64_t>(props.number("maxConnections"));
  listen.tls = read_server_tls(props, document, section, warnings);
  if (props.text("scheme") == "wss" && !listen.tls) {
    warnings.emplace_back("scheme wss is ignored by a server (addr is empty); httpServerTls makes it TLS");
  }
  listen.max_connections_per_ip = static_cast<std::uint64_t>(props.number("maxConnectionsPerIp"));
  listen.max_buffered_bytes = static_cast<std::uint64_t>(props.number("maxBufferedBytes"));
  return listen;
}

/// What the host does not say: it leaves a connection that it does not find, or that it does not look for, to us.
void warn_of_selector(const Props& props, std::vector<std::string>& warnings) {
  if (!props.given("connectionSelector")) return;
  warnings.push_back("connectionSelector: no addr came with the connection " + quote(props.text("connectionSelector")) +
                     ", so this stream is a server; eKuiper looks for the connection only where its name stands in a "
                     "config group, not in EXTRA");
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
  limits.max_fragments = static_cast<std::uint64_t>(props.number("maxFragments"));
  limits.fragment_timeout = props.duration("fragmentTimeout");
  limits.idle_timeout = props.duration("idleTimeout");
  return limits;
}

/// What the host does to payloads, and would do to a joined one, that it must not.
bool read_batch(const Props& props, const rapidjson::Value& given, std::vector<std::string>& warnings) {
  if (!props.flag("batch")) return false;
  for (const auto& member : given.GetObject()) {
    const auto name = view(member.name);
    const auto is = [&](std::string_view key) { return equal_without_case(name, key) && !is_empty(member.value); };
    if (is("format") && !(member.value.IsString() && equal_without_case(view(member.value), "json"))) {
      warnings.emplace_back("batch is ignored: the format of the stream is not json");
      return false;
    }
    for (const char* key : {"decompression", "interval", "merger", "payloadFormat"}) {
      if (!is(key)) continue;
      warnings.push_back(std::string("batch is ignored: it cannot be together with ") + key);
      return false;
    }
  }
  return true;
}

}  // namespace

Config parse(const char* json, std::size_t length) {
  Document document = read_document(json, length);
  Config config;
  const std::string no_default_group = lay_default_under(document, config.warnings);
  const Props props(*document.props, config.warnings);
  config.role = props.given("addr") ? Role::client : Role::server;
  config.label = document.label;
  config.probe_any_status = document.probe_any_status;
  refuse_unsupported(props, config.role);
  warn_of_other_role(props, config.role, config.warnings);
  config.limits = read_limits(props);
  config.batch = read_batch(props, *document.props, config.warnings);
  config.queue.bytes = static_cast<std::uint64_t>(props.number("queueBytes"));
  config.queue.messages = static_cast<std::uint64_t>(props.number("queueMessages"));
  if (config.role == Role::client) {
    config.dial = read_dial(props, document, config.warnings);
  } else {
    warn_of_selector(props, config.warnings);
    config.listen = read_listen(props, document, config.warnings);
    config.listen.no_default_group = no_default_group;
  }
  return config;
}

}  // namespace ekws::config

// What a subscription is configured to do, checked and with every default filled in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/compression.h"
#include "base/error.h"
#include "base/tls_options.h"

namespace ekws::config {

using Millis = std::chrono::milliseconds;

enum class Role { client, server };

/// Bounds of one session; the same in both roles. Sizes in bytes.
struct Limits {
  std::uint64_t max_message_bytes = 0;
  Millis handshake_timeout{};
  Millis close_timeout{};
  Millis ping_interval{};  ///< 0: no heartbeat
  Millis pong_timeout{};
  Compression compression{};
  std::uint64_t max_fragments = 0;
  Millis fragment_timeout{};  ///< 0: no limit
  Millis idle_timeout{};      ///< 0: no limit
};

/// Bounds of the queue between the io thread and the reader.
struct QueueLimits {
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
};

/// Client only (RFC 6455 section 4.1).
struct Dial {
  std::optional<TlsOptions> tls;  ///< empty: plain
  std::string host;               ///< name or IP literal, an IPv6 one without brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query as sent in the request line, "/api/data?x=1"
  std::vector<std::pair<std::string, std::string>> headers;  ///< in the order given; a name may repeat
  std::string header_file;   ///< absolute path of a file with more, read for every handshake; empty: none
  Millis connect_timeout{};  ///< for each address tried
  Millis reconnect_initial{};
  Millis reconnect_max{};
  Millis reconnect_stable{};
};

/// Where the listen address came from; texts about a taken port name it.
enum class ListenOrigin { group, kuiper_yaml, built_in };

/// Server only.
struct Listen {
  std::string ip;  ///< IP literal, an IPv6 one without brackets
  std::uint16_t port = 0;
  ListenOrigin origin = ListenOrigin::built_in;
  std::string no_default_group;        ///< why the group `default` of websocket.yaml could not be had; empty: it could
  std::uint16_t data_server_port = 0;  ///< where the host's own data server is
  std::string path;  ///< pattern, "/devices/{id}/data", to compare with the decoded path of a request; no query,
                     ///< braces balanced, names unique
  std::uint64_t max_connections = 0;
  std::optional<TlsOptions> tls;             ///< empty: plain
  std::uint64_t max_connections_per_ip = 0;  ///< 0: no limit
  std::uint64_t max_buffered_bytes = 0;      ///< of unfinished messages, all connections together
};

struct Config {
  Role role = Role::server;
  std::string label;  ///< who reads, for texts: "rule r1, stream demo"
  Dial dial;
  Listen listen;
  Limits limits;
  QueueLimits queue;
  bool batch = false;                 ///< JSON messages that are drained together become one array
  bool probe_any_status = false;      ///< connectivity check without a path: any HTTP answer counts as reached
  std::vector<std::string> warnings;  ///< unknown properties, values taken with a change; for the rule's log
};

/// Reads the JSON document described in docs/develop.md ("Configuration across the boundary"). Any thread; reads files
/// that the document names (kuiper.yaml). Throws Failure of class config naming property, value and what is allowed.
Config parse(const char* json, std::size_t length);

}  // namespace ekws::config

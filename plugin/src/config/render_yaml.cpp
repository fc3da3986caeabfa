#include "config/render.h"
#include "config/table.h"

namespace ekws::config {
namespace {

constexpr const char* kHead =
    R"(# Groups of properties of eKuiper's source websocket. Edit at will, then restart eKuiper; what you write here stays
# when the plugin is upgraded.
#
# A stream takes the group that its CONF_KEY names; what that group leaves out comes from `default`. The comment above
# each property tells what it does, as the forms of eKuiper's user interface do.
)";

constexpr const char* kExamples = R"(
# Examples. Take the comment signs away and change what you need.

# A client of the server at 192.0.2.10:8080; the path is the DATASOURCE of the stream:
#
# client:
#   addr: 192.0.2.10:8080
#   requestHeader:
#     X-Site: ["4", "5"]

# The same with a token. eKuiper logs all properties, so the token stands in a file, as "Authorization: Bearer token":
#
# token:
#   addr: 192.0.2.10:8080
#   requestHeaderFile: /etc/kuiper/headers.txt

# A server on a port of its own; streams with this group do not share a listener with the others:
#
# otherport:
#   addr: ""
#   httpServerIp: 127.0.0.1
#   httpServerPort: 10082

# A client over TLS that shows a certificate, and trusts a CA of one's own (without rootCaPath: this machine's CAs):
#
# tlsclient:
#   addr: wss://192.0.2.10:8443
#   certificationPath: /etc/kuiper/certs/client.crt
#   privateKeyPath: /etc/kuiper/certs/client.key
#   rootCaPath: /etc/kuiper/certs/ca.crt

# A server with TLS on a port of its own, for clients with a certificate (without clientCaFile: for everybody):
#
# tlsserver:
#   addr: ""
#   httpServerPort: 10443
#   httpServerTls:
#     certfile: /etc/kuiper/certs/server.crt
#     keyfile: /etc/kuiper/certs/server.key
#   clientCaFile: /etc/kuiper/certs/ca.crt
)";

std::string default_value(const Property& row) {
  switch (row.type) {
    case Type::text:
    case Type::choice:
      return "\"\"";
    case Type::map:
      return "{}";
    default:
      return format_number(row, row.number);
  }
}

}  // namespace

std::string render_yaml() {
  std::string text = kHead;
  text += "default:\n";
  for (const auto& row : table()) {
    if (row.unsupported) continue;
    // One value has to stand there for the group to exist; the others show what holds when they are left out.
    const bool commented = std::string(row.name) != "addr";
    text += std::string("  # ") + row.hint.en + "\n  " + (commented ? "# " : "") + row.name + ": " +
            default_value(row) + "\n";
  }
  return text + kExamples;
}

}  // namespace ekws::config

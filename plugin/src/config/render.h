// The files that are made from the table. tests and the tool ekws-options call these; the plugin does not.
#pragma once

#include <string>

namespace ekws::config {

/// websocket.json: what the host's forms show. The host also restores the case of yaml keys from it, and for that wants
/// `properties` to be a map whose key `default` holds the list; with a bare list it does not read websocket.yaml at
/// all.
std::string render_json();
/// websocket.yaml: the group `default` and examples as comments.
std::string render_yaml();
/// The tables of docs/configure.md.
std::string render_markdown();

}  // namespace ekws::config

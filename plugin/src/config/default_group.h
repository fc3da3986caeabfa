// The group `default` of the host's websocket.yaml.
#pragma once

#include <string>
#include <vector>

#include "config/document.h"

namespace ekws::config {

/// Lays the group under the properties of the document, as the host does: a key that is there counts, even if its value
/// is empty. For a rule the host has done it; so only what says where a server listens is taken, and where forms have
/// sent it empty as well, since what takes its place otherwise is the address of the host's own data server. What
/// stands against it goes to `warnings`. The environment comes before the file. A group that was changed over REST is
/// in the host's database and not seen here. Answers why the file's group could not be had, which begins a text of
/// `warnings`; empty where it could, or there is none.
std::string lay_default_under(Document& document, std::vector<std::string>& warnings);

}  // namespace ekws::config

// The path of a stream: what a client asks for, and the pattern a server routes by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ekws::config {

/// Path and query for the request line: what may not stand there as it is gets percent-encoded, what is encoded stays,
/// a fragment is cut with a warning. `where` names the property in texts. Throws Failure.
std::string client_target(std::string_view where, std::string_view path, std::vector<std::string>& warnings);

/// A pattern such as "/devices/{id:[0-9]+}/data" with its braces checked; a query is cut with a warning, percent
/// escapes outside of braces are decoded: it is compared with the decoded path of a request. Whether an
/// expression behind ":" can be compiled is for the router to say. Throws Failure.
std::string server_pattern(std::string_view where, std::string_view path, std::vector<std::string>& warnings);

}  // namespace ekws::config

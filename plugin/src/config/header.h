// Headers of the opening handshake that users add: the properties requestHeader and requestHeaderFile.
#pragma once

#include <rapidjson/document.h>

#include <string>
#include <utility>
#include <vector>

namespace ekws::config {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A map of a name to a value or a list of values, in the order given. Throws Failure; values are in no text, since
/// tokens and passwords are sent in them.
Headers read_headers(const rapidjson::Value& value);

/// Those in the file at an absolute path: a "Name: value" a line, as curl's -H @file takes them; empty lines and lines
/// that start with # are nothing. Throws Failure, which names the line and shows nothing of it but a header's name.
Headers read_header_file(const std::string& path);

/// What is sent: the file's headers (none if `file` is empty), and those given whose name the file does not have. Reads
/// the file. Throws Failure.
Headers with_header_file(const Headers& given, const std::string& file);

}  // namespace ekws::config

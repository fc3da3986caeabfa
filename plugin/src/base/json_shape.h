// What a message is as JSON, as far as joining messages goes.
#pragma once

#include <cstdint>
#include <string_view>

namespace ekws {

enum class JsonShape : std::int32_t {
  other,   ///< not JSON, or neither of these
  object,  ///< one JSON object (RFC 8259)
  objects  ///< an array of one or more JSON objects
};

/// Strict: what is not `other` is decoded by any JSON decoder, if it takes that depth (32). `is_utf8`: the text is
/// known to be valid UTF-8. Takes no memory. Any thread.
JsonShape shape_of(std::string_view text, bool is_utf8);

}  // namespace ekws

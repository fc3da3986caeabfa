// What a message is as JSON, as far as joining messages goes.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace ekws {

enum class JsonShape : std::int32_t {
  other,   ///< not JSON, or neither of these
  object,  ///< one JSON object (RFC 8259)
  objects  ///< an array of one or more JSON objects
};

/// Looks at texts, one after the other. One thread at a time; keeps what memory it needed, a few KiB for each KiB of
/// the longest string.
class JsonShapes {
 public:
  JsonShapes();
  ~JsonShapes();

  /// Strict: what is not `other` is decoded by any JSON decoder, if it takes that depth (32). `is_utf8`: the text is
  /// known to be valid UTF-8.
  JsonShape of(std::string_view text, bool is_utf8);

 private:
  struct Reader;
  const std::unique_ptr<Reader> reader_;
};

}  // namespace ekws

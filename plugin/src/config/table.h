// The one table of properties: parser, websocket.json, websocket.yaml and the table in docs/configure.md come from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ekws::config {

enum class Type { text, boolean, integer, size, duration, map, choice };
enum class Side { both, client, server };
/// How a form shows it; the words are the host's (websocket.json).
enum class Control { text, textarea, select, radio, list };

struct Bilingual {
  const char* en = "";
  const char* zh = "";
};

/// A row. Numbers are integers, bytes (size) or milliseconds (duration), booleans 0 and 1.
struct Property {
  const char* name = "";
  Type type = Type::text;
  Side side = Side::both;
  Control control = Control::text;
  std::int64_t number = 0;               ///< default of what is a number or a boolean; the default of all else is empty
  std::int64_t min = 0;                  ///< integer, size, duration
  std::int64_t max = 0;                  ///< integer, size, duration
  bool zero_is_off = false;              ///< 0 is allowed beside [min, max]
  bool inherited = false;                ///< when left out it comes from the host's kuiper.yaml, then from `number`
  bool connection = false;               ///< belongs to the connection: shown where a named connection is made
  bool secret = false;                   ///< never shown in a text of ours
  bool unsupported = false;              ///< known, but giving it is an error; the hint says what to do instead
  bool lenient = false;                  ///< choice: what is none is warned of and counts as left out, as the host does
  bool credential = false;               ///< says who we are or whom we trust: warned of where it has no effect
  std::array<const char*, 5> choices{};  ///< choice: until the first nullptr
  Bilingual label;
  Bilingual hint;  ///< one or two sentences, without a line break
};

/// The rows, in the order in which forms and docs show them. Lives as long as the program.
struct Rows {
  const Property* first;
  const Property* last;
  const Property* begin() const { return first; }
  const Property* end() const { return last; }
};
Rows table();

/// The row of that name, in whatever case; nullptr if there is none.
const Property* find_property(std::string_view name);

/// What may be given, as the end of the sentence "it must be …".
std::string allowed(const Property& row);

/// A number as people write it in the row's unit: "16 MiB", "30s", "65536", "true".
std::string format_number(const Property& row, std::int64_t number);

}  // namespace ekws::config

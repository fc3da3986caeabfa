#include "net/extensions.h"

#include <utility>

#include "base/ascii.h"

namespace ekws::net {

namespace {

/// Goes through the text; what does not fit is left where it is.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : left_(text) {}

  bool at_end() {
    skip_space();
    return left_.empty();
  }
  bool take(char c) {
    skip_space();
    if (left_.empty() || left_.front() != c) return false;
    left_.remove_prefix(1);
    return true;
  }
  /// Empty where there is none.
  std::string token() {
    skip_space();
    std::size_t size = 0;
    while (size < left_.size() && is_token_char(left_[size])) ++size;
    std::string found(left_.substr(0, size));
    left_.remove_prefix(size);
    return found;
  }
  /// A token, or one in quotes (RFC 6455 section 9.1: unquoted it has to be a token). Empty where there is none.
  std::string value() {
    if (!take('"')) return token();
    std::string found;
    while (!left_.empty() && left_.front() != '"') {
      if (left_.front() == '\\') left_.remove_prefix(1);
      if (left_.empty() || !is_token_char(left_.front())) return {};
      found += left_.front();
      left_.remove_prefix(1);
    }
    return take('"') ? found : std::string();
  }

 private:
  void skip_space() {
    while (!left_.empty() && (left_.front() == ' ' || left_.front() == '\t')) left_.remove_prefix(1);
  }

  std::string_view left_;
};

std::optional<Extension> parse_extension(Cursor& cursor) {
  Extension extension{cursor.token(), {}};
  if (extension.name.empty()) return std::nullopt;
  while (cursor.take(';')) {
    Extension::Parameter parameter{cursor.token(), std::nullopt};
    if (parameter.name.empty()) return std::nullopt;
    if (cursor.take('=')) {
      parameter.value = cursor.value();
      if (parameter.value->empty()) return std::nullopt;
    }
    extension.parameters.push_back(std::move(parameter));
  }
  return extension;
}

}  // namespace

std::optional<Extensions> parse_extensions(std::string_view header) {
  Extensions all;
  Cursor cursor(header);
  for (;;) {
    while (cursor.take(',')) {  // empty elements do not count (RFC 9110 section 5.6.1.2)
    }
    if (cursor.at_end()) return all;
    auto extension = parse_extension(cursor);
    if (!extension) return std::nullopt;
    all.push_back(std::move(*extension));
    if (!cursor.at_end() && !cursor.take(',')) return std::nullopt;
  }
}

}  // namespace ekws::net

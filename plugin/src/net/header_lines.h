// The shape of an HTTP message's header lines, which websocketpp's parser takes more loosely than HTTP has it.
#pragma once

#include <cstddef>
#include <string_view>

namespace ekws::net {

/// Follows the head of a message in whatever pieces it comes. A line that one reader takes for a header and another for
/// a part of the line before it lets a peer say two things at once (RFC 9112 sections 5.1 and 5.2, RFC 9110 5.5).
class HeaderLines {
 public:
  /// What is wrong with the head so far; null while nothing is. Bytes behind the empty line are not looked at.
  const char* check(std::string_view piece) {
    taken_ = 0;
    while (taken_ < piece.size() && fault_ == nullptr && place_ != Place::end) fault_ = next(piece[taken_++]);
    return fault_;
  }
  /// How many bytes of the last piece are the head's.
  std::size_t taken() const { return taken_; }

 private:
  enum class Place { start_line, line_begin, name, value, end };

  const char* next(char c) {
    if (after_cr_ != (c == '\n')) return "a line end that is not CR LF";
    after_cr_ = c == '\r';
    if (after_cr_) return nullptr;
    if (c == '\n') {
      place_ = place_ == Place::line_begin ? Place::end : Place::line_begin;
      return nullptr;
    }
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return "a control character in a header";
    const bool space = c == ' ' || c == '\t';
    switch (place_) {
      case Place::line_begin:
        if (space) return "a folded header line";
        if (c == ':') return "a header without a name";
        place_ = Place::name;
        return nullptr;
      case Place::name:
        if (space) return "a space in a header's name";
        if (c == ':') place_ = Place::value;
        return nullptr;
      default:
        return nullptr;
    }
  }

  Place place_ = Place::start_line;
  bool after_cr_ = false;
  const char* fault_ = nullptr;
  std::size_t taken_ = 0;
};

}  // namespace ekws::net

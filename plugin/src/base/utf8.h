// UTF-8 for texts of ours that hold bytes of a peer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ekws {

/// Length of the character at the front of a text that is not empty, 0 if there is no valid one (RFC 3629 section 4).
std::size_t utf8_character(std::string_view text);

/// The text with every byte that is not part of valid UTF-8 (RFC 3629) replaced by U+FFFD. Any thread.
std::string valid_utf8(std::string_view text);

/// Whether text whose beginning is valid ends with a whole character.
bool ends_at_character(std::string_view text);

/// At most `max` bytes of valid UTF-8, cut at a character.
std::string_view cut_utf8(std::string_view text, std::size_t max);

}  // namespace ekws

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text from outside in a message: a NUL would cut it short, and what controls a terminal would reach one.
namespace leat::detail {

inline constexpr std::size_t most_shown_bytes = 200;

/// Appends at most this many bytes, control characters (also those of U+0080 to U+009F) as `\x1b`.
[[gnu::cold]] inline void append_shown(std::string& to, std::string_view text, std::size_t most = most_shown_bytes) {
  constexpr char const* digits = "0123456789abcdef";
  for (std::size_t i = 0; i != text.size() && i != most; ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    bool const second_of_two = byte >= 0x80 && byte < 0xa0 && i != 0 && text[i - 1] == '\xc2';
    if (byte >= 0x20 && byte != 0x7f && !second_of_two) {
      to += text[i];
    } else {
      to += "\\x";
      to += digits[byte >> 4];
      to += digits[byte & 15];
    }
  }
  if (text.size() > most) to += "...";
}

/// The same for a message as a whole, which may have several lines.
[[gnu::cold]] inline std::string shown_lines(std::string_view text) {
  std::string result;
  for (;;) {
    std::size_t const end = text.find('\n');
    append_shown(result, text.substr(0, end), text.size());
    if (end == std::string_view::npos) return result;
    result += '\n';
    text.remove_prefix(end + 1);
  }
}

[[gnu::cold]] inline std::string shown(std::string_view text, std::size_t most = most_shown_bytes) {
  std::string result;
  append_shown(result, text, most);
  return result;
}

}  // namespace leat::detail

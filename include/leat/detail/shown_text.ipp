// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/shown_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_INLINE void append_shown(std::string& to, std::string_view text, std::size_t most) {
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

LEAT_INLINE std::string shown_lines(std::string_view text) {
  std::string result;
  for (;;) {
    std::size_t const end = text.find('\n');
    append_shown(result, text.substr(0, end), text.size());
    if (end == std::string_view::npos) return result;
    result += '\n';
    text.remove_prefix(end + 1);
  }
}

LEAT_INLINE std::string shown(std::string_view text, std::size_t most) {
  std::string result;
  append_shown(result, text, most);
  return result;
}

}  // namespace leat::detail

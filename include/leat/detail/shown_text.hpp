// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Text from outside in a message: a NUL would cut it short, and what controls a terminal would reach one.
namespace leat::detail {

inline constexpr std::size_t most_shown_bytes = 200;

/// Appends at most this many bytes, control characters (also those of U+0080 to U+009F) as `\x1b`.
[[gnu::cold]] void append_shown(std::string& to, std::string_view text, std::size_t most = most_shown_bytes);

/// The same for a message as a whole, which may have several lines.
[[gnu::cold]] std::string shown_lines(std::string_view text);

[[gnu::cold]] std::string shown(std::string_view text, std::size_t most = most_shown_bytes);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/shown_text.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Finds the flag that a person may have meant by one that does not exist.
namespace leat::detail {

/// The distance of two words: how many letters have to be put in, taken away, changed, or swapped with their neighbour.
/// (Damerau 1964, restricted.)
[[gnu::cold]] std::size_t edit_distance(std::string_view from, std::string_view to);

/// Calls `take(name)` for each `--name` that stands in a usage text.
template <class Take>
void for_each_flag_in(std::string_view usage, Take take) {
  auto const of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  for (std::size_t at = usage.find("--"); at != std::string_view::npos; at = usage.find("--", at)) {
    std::size_t end = at;
    while (end < usage.size() && of_name(usage[end])) ++end;
    bool const begins_here = at == 0 || !of_name(usage[at - 1]);
    if (begins_here && end > at + 2) take(usage.substr(at + 2, end - at - 2));
    at = end;
  }
}

/// Whether the program's usage text names this flag, which is then its own.
[[gnu::cold]] bool is_named_in(std::string_view usage, std::string_view name);

/// The sentence about a flag that is neither leat's nor the program's. It names the nearest flag there is.
[[gnu::cold]] std::string no_such_flag(std::string_view word, std::string_view usage);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/nearest_flag.ipp>
#endif

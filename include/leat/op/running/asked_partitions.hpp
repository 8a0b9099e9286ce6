// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/file_system.hpp>

#include <string>
#include <vector>

/// What a source or a sink is asked about its partitions before anything is opened. One that looks at files takes the
/// file system as a last argument; one that does not leaves it out.
namespace leat::detail {

template <class S>
concept lists_files = requires(S const& s, file_system& files) { s.list_parts(files); };
template <class S>
concept lists_parts = lists_files<S> || requires(S const& s) { s.list_parts(); };

// Inline in each node, so that no program has a function more for them.

template <lists_parts S>
[[gnu::always_inline]] inline std::vector<std::string> names_of_partitions(S const& asked, file_system& files) {
  if constexpr (lists_files<S>)
    return asked.list_parts(files);
  else
    return asked.list_parts();
}

/// The path of the file that a partition stands in; empty where it is none.
template <class S>
[[gnu::always_inline]] inline std::string file_of_part(S const& asked, std::string const& part) {
  if constexpr (requires { asked.file_of(part); })
    return asked.file_of(part);
  else
    return {};
}

template <class S>
[[gnu::always_inline]] inline void check_part_of(S const& asked, std::string const& part, file_system& files) {
  if constexpr (requires { asked.check_part(part, files); })
    asked.check_part(part, files);
  else if constexpr (requires { asked.check_part(part); })
    asked.check_part(part);
}

/// Whether a partition ends by itself, so that it may be opened in turn.
template <class S>
inline constexpr bool knows_what_ends = requires(S const& s, std::string const& part, file_system& files) {
  s.in_turn(part, files);
} || requires(S const& s, std::string const& part) { s.in_turn(part); };
template <class S>
[[gnu::always_inline]] inline bool ends_by_itself(S const& asked, std::string const& part, file_system& files) {
  if constexpr (requires { asked.in_turn(part, files); })
    return asked.in_turn(part, files);
  else
    return asked.in_turn(part);
}

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/recovery/step_codec.hpp>
#include <leat/route/codec/kept_text.hpp>
#include <leat/route/codec/record_text.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace leat::detail {

[[noreturn, gnu::cold]] inline void refuse_newer_codec(std::string const& path, std::string const& kept,
                                                       std::string const& now) {
  throw std::runtime_error(concat({"the recovery store \"", path,
                                   "\" has rows or positions of this step that a newer program has kept, made of ",
                                   kept, ", and this one knows them made of ", now,
                                   ": start that program, or go on from a copy of the store that is older"}));
}

[[noreturn, gnu::cold]] inline void refuse_other_codec(std::string const& path, std::string const& step,
                                                       std::string const& kept, std::string const& now) {
  throw std::runtime_error(
      concat({"the recovery store \"", path, "\" has rows or positions of this step that are made of ", kept,
              ", and now they are made of ", now,
              ": give the types their fields again, or a leat::codec_version, or the step another name, and let the "
              "old one go "
              "by --forget-step=",
              step}));
}

/// What the key of a row is made of.
inline std::string_view first_part(std::string_view row) {
  std::size_t at = row.find('(');
  std::size_t const begin = at == row.npos ? row.size() : at + 1;
  int depth = 0;
  for (at = begin; at < row.size(); ++at) {
    depth += row[at] == '(' || row[at] == '{' ? 1 : row[at] == ')' || row[at] == '}' ? -1 : 0;
    if (depth == 0 && row[at] == ' ') break;
  }
  return row.substr(begin, at - begin);
}

LEAT_INLINE bool have_same_key(std::string_view row, std::string_view other) {
  return first_part(row) == first_part(other);
}

LEAT_INLINE step_codec::step_codec(std::string const& step, void (*described)(record_description& to),
                                   std::map<std::string, std::string> const& kept)
    : now(record_text::of(described)) {
  for (auto const& [text, path] : kept) {
    kept_text of_then(text, described);
    if (of_then.newer()) refuse_newer_codec(path, text, now);
    if (!of_then.readable()) refuse_other_codec(path, step, text, now);
    kept_.emplace(text, kept_codec{std::move(of_then.versions()), !have_same_key(text, now)});
  }
}

LEAT_INLINE bool step_codec::other_keys() const {
  return std::any_of(kept_.begin(), kept_.end(), [](auto const& of) { return of.second.other_keys; });
}

LEAT_INLINE rows_writer step_codec::writer_of(std::string const& codec) const {
  auto const found = kept_.find(codec);
  if (found == kept_.end()) return {};
  return {&found->second.versions, found->second.other_keys};
}

}  // namespace leat::detail

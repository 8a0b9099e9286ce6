// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/codec/kept_text.hpp>
#include <leat/route/codec/record_text.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

namespace leat::detail {

LEAT_INLINE kept_text::kept_text(std::string const& stored, void (*describe)(record_description&)) : stored_(stored) {
  write(describe);
  readable_ = !newer_ && text() == stored_;
}

LEAT_INLINE bool kept_text::enter(void const* type, unsigned& version) {
  unsigned const now = std::exchange(version, version_at(place_of_version()));
  if (!record_text::enter(type, version)) return false;
  newer_ = version > now;
  if (newer_ || !stored_.starts_with(text()) || !versions_.add(type, version)) throw another_make();
  return true;
}

LEAT_INLINE unsigned kept_text::version_at(std::size_t place) const {
  char const* const end = stored_.data() + stored_.size();
  unsigned number = 0;
  auto const [stopped, error] = std::from_chars(stored_.data() + (std::min)(place, stored_.size()), end, number);
  return error == std::errc() && stopped != end && *stopped == ':' ? number : 0;
}

}  // namespace leat::detail

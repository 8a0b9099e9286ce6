// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/codec/codec_versions.hpp>
#include <leat/route/codec/error.hpp>

namespace leat::detail {

LEAT_INLINE codec_versions::codec_versions() = default;
LEAT_INLINE codec_versions::codec_versions(codec_versions&&) noexcept = default;
LEAT_INLINE codec_versions& codec_versions::operator=(codec_versions&&) noexcept = default;
LEAT_INLINE codec_versions::~codec_versions() = default;

LEAT_INLINE bool codec_versions::add(void const* type, unsigned number) {
  for (version const& each : known_)
    if (each.type == type) return each.number == number;
  known_.push_back({type, number});
  return true;
}

LEAT_INLINE unsigned codec_versions::of(void const* type) const {
  for (version const& each : known_)
    if (each.type == type) return each.number;
  refuse(
      "a type that has a codec_version was kept, and with which number nobody has said: its place depends on the "
      "values "
      "before it. Put it in a std::variant or a std::optional, or give its number to the type around it");
}

}  // namespace leat::detail

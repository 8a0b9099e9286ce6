// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/cli/settings.hpp>

#include <string>

namespace leat::detail {

LEAT_INLINE std::string const& settings::source(setter what) const {
  static std::string const nobody;
  std::string const* last = &nobody;
  for (auto const& [one, by_whom] : said)
    if (one == what) last = &by_whom;
  return *last;
}

}  // namespace leat::detail

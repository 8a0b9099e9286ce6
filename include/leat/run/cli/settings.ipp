// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/cli/settings.hpp>

#include <string>

namespace leat::detail {

LEAT_COLD std::string const& settings::source(setter setting) const {
  static std::string const unknown;
  std::string const* last = &unknown;
  for (auto const& [setter_of, from] : sources)
    if (setter_of == setting) last = &from;
  return *last;
}

}  // namespace leat::detail

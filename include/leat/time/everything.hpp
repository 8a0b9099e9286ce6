// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>

#include <string>

namespace leat {

/// One window for all values of a key, which closes at the end of the input.
class everything {
 public:
  static constexpr bool disjoint = true;

  constexpr window_id first_of(moment) const { return 0; }
  constexpr window_id last_of(moment) const { return 0; }
  constexpr window_bounds bounds(window_id) const { return {(moment::min)(), (moment::max)()}; }

  std::string parameters() const { return "everything"; }
};

}  // namespace leat

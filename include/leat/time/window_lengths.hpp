// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>
#include <cstdint>

/// What who makes the time of a stream has to know of windows: which moments they wait for, and how long they are.
namespace leat::detail {

/// How long windows are.
struct window_lengths {
  std::chrono::nanoseconds shortest{0};
  std::chrono::nanoseconds longest{0};
};

/// Of the windows that are next to this moment. A year has more than 12 months, and none that is longer than these.
template <aligned_windower Windower>
window_lengths lengths_near(Windower const& windower, moment at) {
  constexpr window_id neighbours = 13;
  window_lengths found{forever, std::chrono::nanoseconds(0)};
  window_id const middle = windower.last_of(at);
  for (window_id id = middle - neighbours; id <= middle + neighbours; ++id) {
    window_bounds const bounds = windower.bounds(id);
    if (!finite(bounds.open) || !finite(bounds.close)) continue;
    std::chrono::nanoseconds const length = duration_between(bounds.open, bounds.close);
    if (length.count() > 0) found.shortest = (std::min)(found.shortest, length);
    found.longest = (std::max)(found.longest, length);
  }
  return found;
}

/// The first close after this moment.
template <aligned_windower Windower>
moment next_close_after(Windower const& windower, moment at) {
  moment const close = windower.bounds(windower.first_of(at)).close;
  return close > at ? close : moment_plus(at, std::chrono::nanoseconds(1));
}

/// Of windows that close some time after their last value: such times in steps of a 16th of it, and at least 1 ms.
inline moment next_step_after(moment at, std::chrono::nanoseconds length) {
  constexpr std::chrono::nanoseconds least = std::chrono::milliseconds(1);
  std::chrono::nanoseconds const step = (std::max)(length / 16, least);
  return moment_after(moment(), wide_count{floor_division(at, moment(), step)} + 1, step);
}

}  // namespace leat::detail

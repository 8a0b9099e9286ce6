// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>

namespace leat::detail {

/// The windows of a moment, `first` to `last`, none where the last is less; and a stretch of time around it whose
/// moments have the same. So a windower that divides is asked at a change only. The moment itself is in the stretch,
/// also where a windower of the user's says of it other windows than their bounds do.
struct same_windows {
  bool has(moment at) const { return at >= begin && at < end; }

  template <aligned_windower Windower>
  void find(moment at, Windower const& windower) {
    first = windower.first_of(at);
    last = windower.last_of(at);
    begin = at;
    end = moment_plus(at, std::chrono::nanoseconds(1));
    if (last < first) return;  // between windows
    moment const before = windower.bounds(first - 1).close;
    moment const behind = windower.bounds(last + 1).open;
    begin = (std::min)(at, windower.bounds(last).open);
    if (before <= at) begin = (std::max)(begin, before);
    end = (std::max)(end, windower.bounds(first).close);
    if (behind > at) end = (std::min)(end, behind);
  }

  window_id first = 0;
  window_id last = 0;
  moment begin = (moment::max)();
  moment end = (moment::min)();
};

}  // namespace leat::detail

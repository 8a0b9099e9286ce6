// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>

#include <string>

namespace leat {

/// One window for all values of a key, which closes at the end of the input.
class everything {
 public:
  /// No moment is in two windows.
  static constexpr bool disjoint = true;

  /// The first window that a time is in.
  constexpr window_id first_of(moment) const { return 0; }
  /// The last window that a time is in.
  constexpr window_id last_of(moment) const { return 0; }
  /// From when to when a window is.
  constexpr window_bounds bounds(window_id) const { return {(moment::min)(), (moment::max)()}; }

  /// What has to be the same when a run goes on from a snapshot.
  std::string parameters() const { return "everything"; }
};

}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/stream_clock.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace leat {

/// Values happen when they come, by the wall clock of the worker, which is read once for each batch and never goes
/// back. Nothing is late, and windows close at their time. What a window holds depends on when the flow was run.
class wall_clock {
 public:
  using state = detail::no_clock_state;
  /// The time of a stream moves it as little as waiting does.
  static constexpr bool goes_by_stream = false;
  /// What makes a key due.
  static constexpr readings due_by{.watermark = false, .quiet = false, .wall = true};

  /// Before the values of a batch.
  void begin_batch(wall_time wall) { now_ = (std::max)(now_, moment_of(wall)); }

  /// The time at which the batch was read.
  template <class V>
  std::optional<moment> time_of(V const&) const {
    return now_;
  }
  /// A value moves nothing: the bound is the wall clock's.
  moment observe(state&, moment, reading const& now) const { return now.wall; }
  /// The wall clock's time: nothing is before it that comes later.
  moment bound(state const&, reading const& now) const { return now.wall; }
  /// A window closes when the wall clock has reached its end.
  due_at due(state const&, moment close, reading const&) const { return {.wall = close}; }
  /// What two processes, and a run and the one it goes on from, have to agree about.
  std::string parameters() const { return "wall_clock"; }

 private:
  moment now_ = (moment::min)();
};

}  // namespace leat

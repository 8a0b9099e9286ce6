// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>

#include <string>

namespace leat {

/// Windows of one length, each of which opens `offset` after the one before: where that is shorter, a moment is in
/// several windows. Window `id` opens `id` offsets after `align`; ids may be negative.
class sliding {
 public:
  /// Both more than zero, and the offset not longer than the length; refused otherwise when the step is described.
  template <class Rep, class Period, class OtherRep, class OtherPeriod>
  constexpr sliding(std::chrono::duration<Rep, Period> length, std::chrono::duration<OtherRep, OtherPeriod> offset)
      : sliding(length, offset, moment()) {}
  /// The same, with a time at which a window opens.
  template <class Rep, class Period, class OtherRep, class OtherPeriod, class Duration>
  constexpr sliding(std::chrono::duration<Rep, Period> length, std::chrono::duration<OtherRep, OtherPeriod> offset,
                    std::chrono::time_point<std::chrono::system_clock, Duration> align)
      : length_(detail::nanoseconds_of(length)), offset_(detail::nanoseconds_of(offset)), align_(moment_of(align)) {}

  /// The first window that a time is in.
  constexpr window_id first_of(moment at) const {
    // Of the time of the windows' ends: the one that ends there is over.
    detail::wide_count const since_first_end =
        detail::wide_count{duration_between(align_, at).count()} - length_.count();
    return detail::floor_of_quotient(since_first_end, offset_.count()) + 1;
  }
  /// The last window that a time is in.
  constexpr window_id last_of(moment at) const { return detail::floor_division(at, align_, offset_); }
  /// From when to when a window is.
  constexpr window_bounds bounds(window_id id) const {
    detail::wide_count const opens = detail::wide_count{id} * offset_.count() + align_.time_since_epoch().count();
    return {detail::moment_at(detail::clamped_count(opens)),
            detail::moment_at(detail::clamped_count(opens + length_.count()))};
  }

  /// How long a window is.
  std::chrono::nanoseconds length() const { return length_; }
  /// From one opening to the next.
  std::chrono::nanoseconds offset() const { return offset_; }
  /// When a window opens.
  moment align() const { return align_; }
  /// What has to be the same when a run goes on from a snapshot.
  std::string parameters() const;
  /// What is wrong with its numbers; empty: nothing.
  std::string refusal() const;

  /// More windows for each moment are refused where each has to be filled by itself.
  static constexpr std::int64_t most_windows = 1000;

 private:
  std::chrono::nanoseconds length_;
  std::chrono::nanoseconds offset_;
  moment align_;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/time/sliding.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/windower.hpp>

#include <string>

namespace leat {

/// Windows that open together and close one step after the other, up to the longest one: the visitors of a day so far,
/// each hour. Of n windows that open together the ids follow each other; those of the next n come behind them.
class cumulating {
 public:
  /// Both more than zero, and the longest a whole number of steps; refused otherwise when the step is described.
  template <class Rep, class Period, class OtherRep, class OtherPeriod>
  constexpr cumulating(std::chrono::duration<Rep, Period> longest, std::chrono::duration<OtherRep, OtherPeriod> step)
      : cumulating(longest, step, moment()) {}
  /// The same, with a time at which a window opens.
  template <class Rep, class Period, class OtherRep, class OtherPeriod, class Duration>
  constexpr cumulating(std::chrono::duration<Rep, Period> longest, std::chrono::duration<OtherRep, OtherPeriod> step,
                       std::chrono::time_point<std::chrono::system_clock, Duration> align)
      : longest_(detail::nanoseconds_of(longest)), step_(detail::nanoseconds_of(step)), align_(moment_of(align)) {}

  /// The first window that a time is in.
  constexpr window_id first_of(moment at) const { return detail::floor_division(at, align_, step_); }
  /// The last window that a time is in.
  constexpr window_id last_of(moment at) const {
    return detail::clamped_count(detail::wide_count{detail::floor_division(at, align_, longest_) + 1} * steps() - 1);
  }
  /// From when to when a window is.
  constexpr window_bounds bounds(window_id id) const {
    std::int64_t const base = detail::floor_of_quotient(id, steps());
    return {detail::moment_after(align_, base, longest_),
            detail::moment_after(align_, detail::wide_count{id} + 1, step_)};
  }

  /// The longest of those that open together.
  std::chrono::nanoseconds longest() const { return longest_; }
  /// From one close to the next.
  std::chrono::nanoseconds step() const { return step_; }
  /// When a window opens.
  moment align() const { return align_; }
  /// What has to be the same when a run goes on from a snapshot.
  std::string parameters() const;
  /// What is wrong with its numbers; empty: nothing.
  std::string refusal() const;

  /// More windows for a moment are refused.
  static constexpr std::int64_t most_windows = 1000;

 private:
  constexpr std::int64_t steps() const { return longest_.count() / step_.count(); }

  std::chrono::nanoseconds longest_;
  std::chrono::nanoseconds step_;
  moment align_;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/time/cumulating.ipp>
#endif

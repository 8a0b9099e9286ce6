// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/needs_a_unit.hpp>
#include <leat/time/windower.hpp>

#include <string>

namespace leat {

/// Windows of one length, one behind the other; one of them opens at `align`. Each moment is in one window. The id is
/// how many windows lie between `align` and the window.
class tumbling {
 public:
  /// More than zero; refused otherwise when the step is described.
  template <class Rep, class Period>
  explicit constexpr tumbling(std::chrono::duration<Rep, Period> length) : tumbling(length, moment()) {}
  template <detail::plain_number Number>
  explicit constexpr tumbling(Number) : tumbling(detail::needs_a_unit<Number>()) {}
  /// The same, with a time at which a window opens.
  template <class Rep, class Period, class Duration>
  constexpr tumbling(std::chrono::duration<Rep, Period> length,
                     std::chrono::time_point<std::chrono::system_clock, Duration> align)
      : length_(detail::nanoseconds_of(length)), align_(moment_of(align)) {}

  /// No moment is in two windows, so a value need not be copied.
  static constexpr bool disjoint = true;

  /// The first window that a time is in.
  constexpr window_id first_of(moment at) const { return detail::floor_division(at, align_, length_); }
  /// The last window that a time is in.
  constexpr window_id last_of(moment at) const { return first_of(at); }
  /// From when to when a window is.
  constexpr window_bounds bounds(window_id id) const {
    return {detail::moment_after(align_, id, length_),
            detail::moment_after(align_, detail::wide_count{id} + 1, length_)};
  }

  /// How long a window is.
  std::chrono::nanoseconds length() const { return length_; }
  /// When a window opens.
  moment align() const { return align_; }
  /// What has to be the same when a run goes on from a snapshot.
  std::string parameters() const;
  /// What is wrong with its numbers; empty: nothing.
  std::string refusal() const;

 private:
  std::chrono::nanoseconds length_;
  moment align_;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/time/tumbling.ipp>
#endif

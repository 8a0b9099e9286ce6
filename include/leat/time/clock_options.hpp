// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>

/// What a clock is told besides how late records may be.
namespace leat {

/// How long after its close a window still takes records, for which it gives a correction.
class corrections {
 public:
  /// Any duration; longer than nanoseconds can say is forever.
  template <class Rep, class Period>
  explicit constexpr corrections(std::chrono::duration<Rep, Period> time) : duration(detail::nanoseconds_of(time)) {}
  /// In event time.
  std::chrono::nanoseconds duration;
};

/// A partition that had nothing to read for so long holds the time of its stream up no more.
class idle_after {
 public:
  /// Any duration; longer than nanoseconds can say is forever.
  template <class Rep, class Period>
  explicit constexpr idle_after(std::chrono::duration<Rep, Period> time) : duration(detail::nanoseconds_of(time)) {}
  /// By the steady clock.
  std::chrono::nanoseconds duration;
};

/// A record whose time is further ahead of the wall clock than this makes no other record late: it is placed, and moves
/// no bound. Five minutes unless it is said.
class trusted_ahead {
 public:
  /// Any duration; longer than nanoseconds can say is forever.
  template <class Rep, class Period>
  explicit constexpr trusted_ahead(std::chrono::duration<Rep, Period> time) : duration(detail::nanoseconds_of(time)) {}
  /// How far, by the wall clock.
  std::chrono::nanoseconds duration;
};

/// A record whose time is further ahead of the wall clock than this goes to `late`, as `late_reason::ahead`. A day
/// unless it is said. `credible(forever)` is for data that is dated in the future by its nature, such as plans and
/// simulated time: it switches `trusted_ahead` off as well.
class credible {
 public:
  /// Any duration; longer than nanoseconds can say is forever.
  template <class Rep, class Period>
  explicit constexpr credible(std::chrono::duration<Rep, Period> time) : duration(detail::nanoseconds_of(time)) {}
  /// How far, by the wall clock.
  std::chrono::nanoseconds duration;
};

/// Only records, and the end of the input, move the time of a clock: no waiting does.
class data_only {};

/// Partitions whose times are further apart than this are not read further ahead.
class keep_together {
 public:
  /// Any duration; longer than nanoseconds can say is forever.
  template <class Rep, class Period>
  explicit constexpr keep_together(std::chrono::duration<Rep, Period> time) : duration(detail::nanoseconds_of(time)) {}
  /// In event time.
  std::chrono::nanoseconds duration;
};

/// How long the clock of a key is kept after its last window has closed, while there is nothing to read. An hour unless
/// it is said.
class forget_quiet_keys {
 public:
  /// Any duration; longer than nanoseconds can say is forever.
  template <class Rep, class Period>
  explicit constexpr forget_quiet_keys(std::chrono::duration<Rep, Period> time)
      : duration(detail::nanoseconds_of(time)) {}
  /// Without anything to read, by the steady clock.
  std::chrono::nanoseconds duration;
};

/// A record that is late for some of its windows goes into those that have not closed. For steps without order.
class while_open {};

}  // namespace leat

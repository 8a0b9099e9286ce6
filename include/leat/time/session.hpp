// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/needs_a_unit.hpp>

#include <string>

namespace leat {

/// Windows that last while values keep coming: one no further than `gap` from a session of its key joins it, and one
/// that lies between two sessions may make them one, which keeps the earlier one's time. A session is known by its
/// opening time, in nanoseconds. Its bounds are the times of its first and its last value. It closes once the bound of
/// its clock is further than `gap` behind its last value.
class session {
 public:
  /// Not negative; refused otherwise when the step is described. Zero: only values of one time are together.
  template <class Rep, class Period>
  explicit constexpr session(std::chrono::duration<Rep, Period> gap) : gap_(detail::nanoseconds_of(gap)) {}
  template <detail::plain_number Number>
  explicit constexpr session(Number) : session(detail::needs_a_unit<Number>()) {}

  /// The longest time between two values of a session.
  std::chrono::nanoseconds gap() const { return gap_; }
  /// What has to be the same when a run goes on from a snapshot.
  std::string parameters() const;
  /// What is wrong with its numbers; empty: nothing.
  std::string refusal() const;

 private:
  std::chrono::nanoseconds gap_;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/time/session.ipp>
#endif

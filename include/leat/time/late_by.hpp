// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/needs_a_unit.hpp>

namespace leat {

/// How far a record may lie behind the latest one that came before it without being late. Every clock of event time is
/// told: there is no duration that is right for all data. Not negative; `late_by(forever)` never calls a record late.
class late_by {
 public:
  /// Any duration; longer than nanoseconds can say is forever.
  template <class Rep, class Period>
  explicit constexpr late_by(std::chrono::duration<Rep, Period> time) : duration(detail::nanoseconds_of(time)) {}
  template <detail::plain_number Number>
  explicit constexpr late_by(Number) : duration(detail::needs_a_unit<Number>()) {}
  /// In event time.
  std::chrono::nanoseconds duration;
};

}  // namespace leat

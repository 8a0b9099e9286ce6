// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>

/// Times that a program may give as large as it likes: they end where time does, and do not begin anew.
namespace leat::detail {

template <class Rep, class Period>
constexpr std::chrono::nanoseconds saturated_nanoseconds(std::chrono::duration<Rep, Period> time) {
  using wide = std::chrono::duration<double, std::nano>;
  wide const approximately(time);
  if (!(approximately < wide((std::chrono::nanoseconds::max)()))) return (std::chrono::nanoseconds::max)();
  if (!(approximately > wide((std::chrono::nanoseconds::min)()))) return (std::chrono::nanoseconds::min)();
  return std::chrono::ceil<std::chrono::nanoseconds>(time);
}

/// `from` is a reading of a clock, which is never negative.
template <class Clock>
std::chrono::time_point<Clock, std::chrono::nanoseconds> saturated_sum(
    std::chrono::time_point<Clock, std::chrono::nanoseconds> from, std::chrono::nanoseconds duration) {
  constexpr auto end = (std::chrono::time_point<Clock, std::chrono::nanoseconds>::max)();
  return duration < end - from ? from + duration : end;
}

}  // namespace leat::detail

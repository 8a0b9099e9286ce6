// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>

#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>

namespace leat {

/// A point in event time: nanoseconds since 1970, or since an origin of the program's own. Moments lie within 2^62 ns
/// of the origin (of 1970: from 1823 to 2116). `moment::min()` says that nothing is known, `moment::max()` that the end
/// has come. What lies further away becomes one of these two, and so does every sum and difference that leaves the
/// range: moments are added and subtracted by the functions of this header only.
using moment = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// For options that take a duration: as long as time lasts.
inline constexpr std::chrono::nanoseconds forever = (std::chrono::nanoseconds::max)();

namespace detail {

inline constexpr std::int64_t farthest_moment = std::int64_t{1} << 62;

__extension__ using wide_count = __int128;

constexpr std::int64_t clamped_count(wide_count count) {
  if (count > (std::numeric_limits<std::int64_t>::max)()) return (std::numeric_limits<std::int64_t>::max)();
  if (count < (std::numeric_limits<std::int64_t>::min)()) return (std::numeric_limits<std::int64_t>::min)();
  return static_cast<std::int64_t>(count);
}

constexpr std::int64_t floor_of_quotient(wide_count dividend, wide_count divisor) {
  wide_count const quotient = dividend / divisor;
  return clamped_count(dividend % divisor < 0 ? quotient - 1 : quotient);
}

/// Nanoseconds, rounded down; what does not fit becomes the greatest or the least number.
template <class Rep, class Period>
constexpr std::int64_t nanosecond_count(std::chrono::duration<Rep, Period> time) {
  using ratio = std::ratio_divide<Period, std::nano>;
  if constexpr (std::is_floating_point_v<Rep>) {
    long double const count = __builtin_floorl(static_cast<long double>(time.count()) * ratio::num / ratio::den);
    if (!(count > -9.2e18L)) return (std::numeric_limits<std::int64_t>::min)();  // so is what is no number
    return count < 9.2e18L ? static_cast<std::int64_t>(count) : (std::numeric_limits<std::int64_t>::max)();
  } else if constexpr (ratio::num == 1 && ratio::den == 1 && sizeof(Rep) == 8 && std::is_signed_v<Rep>) {
    return time.count();
  } else {
    // A count of 64 bits times a ratio below 2^63 fits.
    static_assert(sizeof(Rep) <= 8);
    return floor_of_quotient(static_cast<wide_count>(time.count()) * ratio::num, ratio::den);
  }
}

constexpr moment moment_at(std::int64_t nanoseconds) {
  if (nanoseconds >= farthest_moment) return (moment::max)();
  if (nanoseconds <= -farthest_moment) return (moment::min)();
  return moment(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace detail

/// The moment of a time of the system clock. Rounded down to nanoseconds.
template <class Duration>
constexpr moment moment_of(std::chrono::time_point<std::chrono::system_clock, Duration> time) {
  return detail::moment_at(detail::nanosecond_count(time.time_since_epoch()));
}
/// The moment that lies so long after the origin.
template <class Rep, class Period>
constexpr moment moment_of(std::chrono::duration<Rep, Period> since_origin) {
  return detail::moment_at(detail::nanosecond_count(since_origin));
}

/// Neither `moment::min()` nor `moment::max()`.
constexpr bool finite(moment at) { return at != (moment::min)() && at != (moment::max)(); }

/// The moment so long after `at`. `moment::min()` and `moment::max()` stay what they are.
constexpr moment moment_plus(moment at, std::chrono::nanoseconds duration) {
  if (!finite(at)) return at;
  std::int64_t sum = 0;
  if (__builtin_add_overflow(at.time_since_epoch().count(), duration.count(), &sum))
    return duration.count() > 0 ? (moment::max)() : (moment::min)();
  return detail::moment_at(sum);
}
/// The moment so long before `at`.
constexpr moment moment_minus(moment at, std::chrono::nanoseconds duration) {
  if (!finite(at)) return at;
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(at.time_since_epoch().count(), duration.count(), &difference))
    return duration.count() > 0 ? (moment::min)() : (moment::max)();
  return detail::moment_at(difference);
}

/// How long `later` lies after `earlier`. To the end of time it is `forever`, to its beginning `-forever`.
constexpr std::chrono::nanoseconds duration_between(moment earlier, moment later) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(later.time_since_epoch().count(), earlier.time_since_epoch().count(), &difference))
    return later > earlier ? forever : -forever;
  return std::chrono::nanoseconds(difference);
}

namespace detail {

/// Of two durations that are not negative.
constexpr std::chrono::nanoseconds saturated_sum(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
  return b < forever - a ? a + b : forever;
}

/// A duration as options and windowers take it: the greatest or least number of nanoseconds where it is out of range.
template <class Rep, class Period>
constexpr std::chrono::nanoseconds nanoseconds_of(std::chrono::duration<Rep, Period> time) {
  return std::chrono::nanoseconds(nanosecond_count(time));
}

/// floor(at / length), for a length of more than zero and `at` counted from `origin`.
constexpr std::int64_t floor_division(moment at, moment origin, std::chrono::nanoseconds length) {
  std::int64_t const since = duration_between(origin, at).count();
  std::int64_t const quotient = since / length.count();
  return since % length.count() < 0 ? quotient - 1 : quotient;
}

/// The moment that lies `times` such lengths after `origin`.
constexpr moment moment_after(moment origin, wide_count times, std::chrono::nanoseconds length) {
  return moment_at(clamped_count(times * length.count() + origin.time_since_epoch().count()));
}

}  // namespace detail
}  // namespace leat

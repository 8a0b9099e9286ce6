// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/is_optional.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/time/moment.hpp>

#include <optional>
#include <type_traits>
#include <utility>

/// What a function that says when a record happened may return: a time of the system clock, a duration since an origin
/// of the program's own, or an optional of one, which is empty for a record without a time. A plain number is refused:
/// nobody can tell its unit.
namespace leat::detail {

template <class T>
inline constexpr bool is_a_time = false;
template <class Duration>
inline constexpr bool is_a_time<std::chrono::time_point<std::chrono::system_clock, Duration>> = true;
template <class Rep, class Period>
inline constexpr bool is_a_time<std::chrono::duration<Rep, Period>> = true;

template <class T>
inline constexpr bool is_a_time_or_none = is_a_time<T>;
template <class T>
inline constexpr bool is_a_time_or_none<std::optional<T>> = is_a_time<T>;

/// What `ts` returns for a value of V.
template <class F, class V>
using time_returned = std::remove_cvref_t<decltype(std::declval<F const&>()(std::declval<V const&>()))>;

template <class F, class V>
concept takes_time_of = requires(F const& ts, V const& value) { ts(value); };

template <class Time>
constexpr std::optional<moment> dated(Time const& time) {
  return moment_of(time);
}
template <class Time>
constexpr std::optional<moment> dated(std::optional<Time> const& time) {
  return time ? std::optional(moment_of(*time)) : std::nullopt;
}

}  // namespace leat::detail

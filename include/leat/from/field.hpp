// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/is_optional.hpp>
#include <leat/detail/lean_chrono.hpp>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

/// Makes a value of a field of text. A type of your own says how, with a function beside it: `bool
/// from_text(std::string_view, my_type&)`, which returns false when the text does not fit.
namespace leat::detail {

template <class T>
concept has_from_text = requires(std::string_view field, T& into) {
  { from_text(field, into) } -> std::same_as<bool>;
};

/// Whether a number that is out of range is nearer to 0 than the smallest of its type.
[[gnu::cold]] bool underflows(std::string_view number);

template <class T>
bool read_number(std::string_view field, T& into) {
  std::size_t const first = field.find_first_not_of(" \t");
  if (first == std::string_view::npos) return false;
  field = field.substr(first, field.find_last_not_of(" \t") - first + 1);
  if (field.starts_with('+') && field.size() > 1 && field[1] != '-') field.remove_prefix(1);
  auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), into);
  if (end != field.data() + field.size()) return false;
  if constexpr (std::is_floating_point_v<T>) {
    if (error == std::errc::result_out_of_range && underflows(field)) {
      into = 0;
      return true;
    }
  }
  return error == std::errc{};
}

/// Reads up to `width` digits, at least one; -1 when there are none.
int take_digits(std::string_view& from, std::size_t width);
bool take(std::string_view& from, char wanted);

/// False where the type of `into` does not reach that time, or is too coarse for it.
template <class Duration>
bool set_time(std::chrono::sys_seconds second, std::chrono::nanoseconds fraction,
              std::chrono::time_point<std::chrono::system_clock, Duration>& into) {
  using time = std::chrono::time_point<std::chrono::system_clock, Duration>;
  // A unit finer than seconds may reach less far.
  if constexpr (std::ratio_less_v<typename Duration::period, std::ratio<1>>) {
    if (second <= std::chrono::floor<std::chrono::seconds>((time::min)()) ||
        second >= std::chrono::floor<std::chrono::seconds>((time::max)()))
      return false;
  }
  into = std::chrono::floor<Duration>(second);
  Duration const rest = std::chrono::floor<Duration>(fraction);
  bool const exact =
      std::chrono::sys_seconds(std::chrono::floor<std::chrono::seconds>(into)) == second && rest == fraction;
  into += rest;
  return exact;
}

template <class T>
inline constexpr bool is_time_field = false;
template <class Duration>
inline constexpr bool is_time_field<std::chrono::time_point<std::chrono::system_clock, Duration>> = true;

/// `2022-02-24 11:42:08`, with a `T` between, a fraction of the second, a `Z`, or only the date; in UTC.
bool read_time(std::string_view field, std::chrono::sys_seconds& second, std::chrono::nanoseconds& fraction);

/// False as well where `into` cannot hold it: nanoseconds of 64 bits reach from 1677 to 2262, seconds do not count
/// fractions.
template <class Duration>
bool read_time(std::string_view field, std::chrono::time_point<std::chrono::system_clock, Duration>& into) {
  std::chrono::sys_seconds second{};
  std::chrono::nanoseconds fraction{};
  return read_time(field, second, fraction) && set_time(second, fraction, into);
}

template <class T>
constexpr bool is_readable() {
  if constexpr (is_optional<T>)
    return is_readable<typename T::value_type>();
  else
    return has_from_text<T> || std::is_arithmetic_v<T> || std::is_same_v<T, std::string> ||
           std::is_same_v<T, std::string_view> || is_time_field<T>;
}

/// A type that a field can be read as: numbers (one too small for its type is 0, one too large does not fit), bool,
/// char, text, times of the system clock in any unit, optionals of these (an empty field is an empty one), types with a
/// `from_text`.
template <class T>
concept field_type = is_readable<T>();

template <field_type T>
bool read_field(std::string_view field, T& into) {
  if constexpr (has_from_text<T>)
    return from_text(field, into);
  else if constexpr (is_optional<T>) {
    into.reset();
    return field.empty() || read_field(field, into.emplace());
  } else if constexpr (std::is_same_v<T, bool>) {
    into = field == "true" || field == "1" || field == "True" || field == "TRUE";
    return into || field == "false" || field == "0" || field == "False" || field == "FALSE";
  } else if constexpr (std::is_same_v<T, char>) {
    if (field.size() == 1) into = field.front();
    return field.size() == 1;
  } else if constexpr (std::is_arithmetic_v<T>)
    return read_number(field, into);
  else if constexpr (is_time_field<T>)
    return read_time(field, into);
  else {
    into = T(field);
    return true;
  }
}

/// The name of the type in an error.
template <class T>
constexpr std::string_view kind_of_field() {
  if constexpr (is_optional<T>)
    return kind_of_field<typename T::value_type>();
  else if constexpr (std::is_same_v<T, bool>)
    return "true or false";
  else if constexpr (std::is_same_v<T, char>)
    return "a single character";
  else if constexpr (std::is_integral_v<T>)
    return "a whole number that fits its type";
  else if constexpr (std::is_floating_point_v<T>)
    return "a number";
  else if constexpr (is_time_field<T>)
    return "a date and time that fits its type";
  else
    return "a value of its type";
}

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/from/field.ipp>
#endif

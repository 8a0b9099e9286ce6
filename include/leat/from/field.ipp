// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/field.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace leat::detail {

LEAT_INLINE bool underflows(std::string_view number) {
  std::string_view const digits = number.substr(0, number.find_first_of("eE"));
  long exponent = 0;
  if (digits.size() != number.size()) {
    std::string_view power = number.substr(digits.size() + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec != std::errc{})
      return power.starts_with('-');
  }
  std::size_t const point = (std::min)(digits.find('.'), digits.size());
  std::size_t const first = (std::min)(digits.find_first_of("123456789"), digits.size());
  return static_cast<long>(point) - static_cast<long>(first) < -exponent;
}

LEAT_INLINE int take_digits(std::string_view& from, std::size_t width) {
  int value = 0;
  std::size_t n = 0;
  for (; n != width && n != from.size() && from[n] >= '0' && from[n] <= '9'; ++n) value = value * 10 + (from[n] - '0');
  from.remove_prefix(n);
  return n == 0 ? -1 : value;
}

LEAT_INLINE bool take(std::string_view& from, char wanted) {
  if (!from.starts_with(wanted)) return false;
  from.remove_prefix(1);
  return true;
}

LEAT_INLINE bool read_time(std::string_view field, std::chrono::sys_seconds& second,
                           std::chrono::nanoseconds& fraction) {
  int const year = take_digits(field, 4);
  bool fits = take(field, '-');
  int const month = take_digits(field, 2);
  fits = take(field, '-') && fits;
  int const day = take_digits(field, 2);
  if (!fits || year < 0 || month < 0 || day < 0) return false;
  std::chrono::year_month_day const date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  second = std::chrono::sys_days(date);
  fraction = {};
  if (take(field, ' ') || take(field, 'T')) {
    int const hour = take_digits(field, 2);
    fits = take(field, ':');
    int const minute = take_digits(field, 2);
    int const of_minute = take(field, ':') ? take_digits(field, 2) : 0;
    if (!fits || hour < 0 || hour > 23 || minute < 0 || minute > 59 || of_minute < 0 || of_minute > 59) return false;
    second += std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(of_minute);
    if (take(field, '.')) {
      std::size_t const width = field.size();
      int digits = take_digits(field, 9);
      if (digits < 0) return false;
      for (std::size_t n = width - field.size(); n < 9; ++n) digits *= 10;
      fraction = std::chrono::nanoseconds(digits);
    }
    take(field, 'Z');
  }
  return field.empty();
}

}  // namespace leat::detail

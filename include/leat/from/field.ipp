// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/field.hpp>

#include <algorithm>
#include <charconv>
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

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>

#include <type_traits>

namespace leat::detail {

template <class T>
concept plain_number = std::is_arithmetic_v<T>;

/// Says the sentence for a number where a duration has to be.
template <plain_number Number>
consteval std::chrono::nanoseconds needs_a_unit() {
  constexpr bool time_has_a_unit = std::is_void_v<Number>;
  static_assert(time_has_a_unit,
                "leat: a plain number has no unit: write std::chrono::seconds(number), or 5s and 10min with "
                "using namespace std::chrono_literals");
  return {};
}

}  // namespace leat::detail

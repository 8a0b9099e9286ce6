// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <type_traits>

namespace leat::detail {

/// Whether a number can change when an X becomes a U: a fraction is cut off, or there are fewer bits.
template <class U, class X>
inline constexpr bool narrows = [] {
  if constexpr (!std::is_arithmetic_v<U> || !std::is_arithmetic_v<X> || std::is_same_v<U, X>)
    return false;
  else if constexpr (std::is_same_v<U, bool> || (std::is_floating_point_v<X> && std::is_integral_v<U>))
    return true;
  else if constexpr (std::is_floating_point_v<X> == std::is_floating_point_v<U>)
    return sizeof(X) > sizeof(U);
  else
    return false;
}();

/// The same for `out(x)`, where an `int` is let through to shorter integers: arithmetic on those gives an int, and so
/// does a literal.
template <class U, class X>
inline constexpr bool emitting_narrows =
    narrows<U, X> && !(std::is_same_v<X, int> && std::is_integral_v<U> && !std::is_same_v<U, bool>);

/// Says a sentence where `out(x)` would change a number without a word.
template <class U, class X>
consteval void refuse_to_narrow() {
  constexpr bool x_is_a_number_that_every_record_can_hold = !emitting_narrows<U, std::remove_cvref_t<X>>;
  static_assert(x_is_a_number_that_every_record_can_hold,
                "leat: out(x): x may lose its fraction or its higher bits when it becomes a record of this type: say "
                "static_cast<...>(x) where that is meant, or give the records another type");
}

}  // namespace leat::detail

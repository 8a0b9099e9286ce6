// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/is_optional.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

/// Comparing values so that the result of many comparisons does not depend on how they were grouped. `<` of floating
/// point is no such order: a NaN is neither less nor greater.
namespace leat::detail {

template <class T>
concept is_container_of_values = requires(T const& elements) {
  typename T::value_type;
  typename T::allocator_type;
  elements.begin() != elements.end();
};
template <class T>
concept counts_time = requires(T const& time) {
  typename T::period;
  requires std::is_same_v<decltype(time.count()), typename T::rep>;
};

/// Whether `<` of this type leaves values without an order, as far as its parts can be seen.
template <class T>
inline constexpr bool lacks_order = false;
template <std::floating_point T>
inline constexpr bool lacks_order<T> = true;
template <class A, class B>
inline constexpr bool lacks_order<std::pair<A, B>> =
    lacks_order<std::remove_cv_t<A>> || lacks_order<std::remove_cv_t<B>>;
template <class... Ts>
inline constexpr bool lacks_order<std::tuple<Ts...>> = (lacks_order<std::remove_cv_t<Ts>> || ...);
template <class T>
inline constexpr bool lacks_order<std::optional<T>> = lacks_order<T>;
template <counts_time T>
inline constexpr bool lacks_order<T> = lacks_order<typename T::rep>;
template <is_container_of_values T>
inline constexpr bool lacks_order<T> = lacks_order<typename T::value_type>;
/// A type of the user's whose order says itself that it is partial.
template <class T>
  requires(std::is_class_v<T> && !is_container_of_values<T> && !counts_time<T> &&
           requires(T const& a, T const& b) {
             { a <=> b } -> std::same_as<std::partial_ordering>;
           })
inline constexpr bool lacks_order<T> = true;

template <class T>
concept has_numbered_parts = requires(T const& value) {
  std::tuple_size<T>::value;
  std::get<0>(value);
};

template <class T>
bool comes_before(T const& a, T const& b);

/// NaN is greatest, -0.0 is less than 0.0; NaNs that differ are ordered by their bits, as std::strong_order has them.
template <std::floating_point T>
bool floats_before(T a, T b) {
  if (a < b || b < a) return a < b;
  bool const number_is_first = a == a;
  if (number_is_first != (b == b)) return number_is_first;
  return std::is_lt(std::strong_order(a, b));
}

template <std::size_t Part, class T>
bool parts_before(T const& a, T const& b) {
  if constexpr (Part == std::tuple_size_v<T>)
    return false;
  else if (comes_before(std::get<Part>(a), std::get<Part>(b)))
    return true;
  else
    return !comes_before(std::get<Part>(b), std::get<Part>(a)) && parts_before<Part + 1>(a, b);
}

[[noreturn, gnu::cold]] void refuse_without_order();

/// Whether `a` comes first. As `a < b`, but a total order for floating point, also inside pairs, tuples, optionals and
/// containers. Throws std::domain_error for values of a user's type that have no order.
template <class T>
bool comes_before(T const& a, T const& b) {
  if constexpr (!lacks_order<T>) {
    return a < b;
  } else if constexpr (std::is_floating_point_v<T>) {
    return floats_before(a, b);
  } else if constexpr (has_numbered_parts<T>) {
    return parts_before<0>(a, b);
  } else if constexpr (is_optional<T>) {
    return b.has_value() && (!a.has_value() || comes_before(*a, *b));
  } else if constexpr (counts_time<T>) {
    return comes_before(a.count(), b.count());
  } else if constexpr (is_container_of_values<T>) {
    auto at = b.begin();
    for (auto const& entry : a) {
      if (at == b.end() || comes_before<typename T::value_type>(*at, entry)) return false;
      if (comes_before<typename T::value_type>(entry, *at)) return true;
      ++at;
    }
    return at != b.end();
  } else {
    std::partial_ordering const found = a <=> b;
    if (found == std::partial_ordering::unordered) refuse_without_order();
    return std::is_lt(found);
  }
}

/// Whether a test calls two values the same: as `a == b`, but NaN is the same as NaN.
template <class T>
bool same_value(T const& a, T const& b);
template <std::size_t... Part, class T>
bool same_parts(std::index_sequence<Part...>, T const& a, T const& b) {
  return (same_value(std::get<Part>(a), std::get<Part>(b)) && ...);
}
template <class T>
bool same_value(T const& a, T const& b) {
  if constexpr (!lacks_order<T>) {
    return a == b;
  } else if constexpr (std::is_floating_point_v<T>) {
    return a == b || (a != a && b != b);
  } else if constexpr (has_numbered_parts<T>) {
    return same_parts(std::make_index_sequence<std::tuple_size_v<T>>(), a, b);
  } else if constexpr (is_optional<T>) {
    return a.has_value() == b.has_value() && (!a.has_value() || same_value(*a, *b));
  } else if constexpr (counts_time<T>) {
    return same_value(a.count(), b.count());
  } else if constexpr (is_container_of_values<T>) {
    auto at = b.begin();
    for (auto const& entry : a) {
      if (at == b.end() || !same_value<typename T::value_type>(entry, *at)) return false;
      ++at;
    }
    return at == b.end();
  } else {
    return a == b;
  }
}

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/total_order.ipp>
#endif

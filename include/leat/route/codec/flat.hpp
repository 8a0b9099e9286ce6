// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class T>
constexpr bool find_flat();

}  // namespace detail

/// Whether the bytes of an object are all there is to it: no padding, no pointer, no bool (a bool that is
/// neither 0 nor 1 must be refused, so it must be looked at). Batches of such records are encoded by one
/// copy.
///
/// Proved for numbers, enumerations, durations, time points, arrays and pairs of such, and for aggregates of
/// up to 32 fields that are such (a built-in array counts as its elements). A class with private fields is
/// not taken apart and counts as not flat, even where its representation is unique, since it could hold a
/// pointer; one that is known to hold none may say so:
///   template <> inline constexpr bool leat::flat<my::identifier> = true;
/// A flat type with a `serialize` of its own still needs it: single values, keys and fields are written by
/// it; in a batch of its own all its fields travel, also those that its `serialize` leaves out.
template <class T>
inline constexpr bool flat = detail::find_flat<std::remove_cv_t<T>>();

namespace detail {

/// Stands for a value of any flat type, and adds up the sizes of those that it was taken for.
struct any_flat_field {
  constexpr explicit any_flat_field(std::size_t* sum) : bytes(sum) {}
  template <class U>
    requires flat<U>
  constexpr operator U() const {
    *bytes += sizeof(U);
    return U{};
  }
  std::size_t* bytes;
};

/// Stands for a value of any other type.
struct any_other_field {
  template <class U>
    requires(!flat<U>)
  operator U() const;
};

template <std::size_t>
constexpr any_flat_field const& field_at(any_flat_field const& field) {
  return field;
}

template <class T, std::size_t... Index, class... More>
constexpr bool takes_fields(std::index_sequence<Index...>, More const&...) {
  return requires(any_flat_field const& field, More const&... more) { T{field_at<Index>(field)..., more...}; };
}

inline constexpr std::size_t most_fields = 32;

/// How many fields there are, 0 where one of them is not flat. The question about other types comes first: a
/// union or a struct that is not flat would otherwise let its own fields be counted in its place.
template <class T, std::size_t N = 0>
constexpr std::size_t count_flat_fields() {
  constexpr std::make_index_sequence<N> before;
  if constexpr (N > most_fields || takes_fields<T>(before, any_other_field{}))
    return 0;
  else if constexpr (takes_fields<T>(std::make_index_sequence<N + 1>{}))
    return count_flat_fields<T, N + 1>();
  else
    return N;
}

// A built-in array or a struct inside is meant to be initialised through its elements, without braces of its
// own.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-braces"
/// Padding leaves a gap between the sum of the fields and the size.
template <class T, std::size_t... Index>
constexpr bool fields_fill(std::index_sequence<Index...>) {
  std::size_t bytes = 0;
  any_flat_field const field(&bytes);
  [[maybe_unused]] T const object{field_at<Index>(field)...};
  return bytes == sizeof(T);
}
#pragma GCC diagnostic pop

template <class T>
constexpr bool fields_are_flat() {
  constexpr std::size_t count = count_flat_fields<T>();
  if constexpr (count == 0)
    return false;
  else
    return fields_fill<T>(std::make_index_sequence<count>{});
}

/// What makes a copy of the bytes a copy of the object. Not trivially copyable: the assignment of std::pair
/// is its own.
template <class T>
inline constexpr bool lives_by_its_bytes =
    std::is_trivially_copy_constructible_v<T> && std::is_trivially_destructible_v<T>;

/// Types of the standard library that may be flat though they are no aggregates of their parts.
template <class T>
struct flat_parts {
  static constexpr bool known = false;
};
template <class A, class B>
struct flat_parts<std::pair<A, B>> {
  static constexpr bool known = true;
  static constexpr bool value =
      flat<A> && flat<B> && lives_by_its_bytes<std::pair<A, B>> && sizeof(std::pair<A, B>) == sizeof(A) + sizeof(B);
};
template <class E, std::size_t N>
struct flat_parts<std::array<E, N>> {
  static constexpr bool known = true;
  static constexpr bool value = N != 0 && flat<E> && sizeof(std::array<E, N>) == N * sizeof(E);
};
template <class Rep, class Period>
struct flat_parts<std::chrono::duration<Rep, Period>> {
  static constexpr bool known = true;
  static constexpr bool value = flat<Rep> && sizeof(std::chrono::duration<Rep, Period>) == sizeof(Rep);
};
template <class Clock, class Duration>
struct flat_parts<std::chrono::time_point<Clock, Duration>> {
  static constexpr bool known = true;
  static constexpr bool value = flat<Duration> && sizeof(std::chrono::time_point<Clock, Duration>) == sizeof(Duration);
};

template <class T>
constexpr bool find_flat() {
  if constexpr (std::is_enum_v<T>)
    return !std::is_same_v<std::underlying_type_t<T>, bool>;
  else if constexpr (std::is_arithmetic_v<T>)
    return !std::is_same_v<T, bool> && !std::is_same_v<T, long double>;
  else if constexpr (std::is_bounded_array_v<T>)
    return flat<std::remove_extent_t<T>>;
  else if constexpr (flat_parts<T>::known)
    return flat_parts<T>::value;
  else if constexpr (std::is_class_v<T> && std::is_aggregate_v<T> && lives_by_its_bytes<T> &&
                     std::is_default_constructible_v<T>)
    return fields_are_flat<T>();
  else
    return false;
}

/// Flat, and the object's bytes are also those that the codec writes for it: no type of the user's inside,
/// which might order or leave out fields in its `serialize`.
template <class T>
inline constexpr bool encoded_as_is = flat<T> && !std::is_class_v<T>;
template <class T>
inline constexpr bool encoded_as_is<T const> = encoded_as_is<T>;
template <class E, std::size_t N>
inline constexpr bool encoded_as_is<E[N]> = flat<E> && encoded_as_is<E>;
template <class A, class B>
inline constexpr bool encoded_as_is<std::pair<A, B>> = flat<std::pair<A, B>> && encoded_as_is<A> && encoded_as_is<B>;
template <class E, std::size_t N>
inline constexpr bool encoded_as_is<std::array<E, N>> = flat<std::array<E, N>> && encoded_as_is<E>;
template <class Rep, class Period>
inline constexpr bool encoded_as_is<std::chrono::duration<Rep, Period>> = flat<Rep> && encoded_as_is<Rep>;
template <class Clock, class Duration>
inline constexpr bool encoded_as_is<std::chrono::time_point<Clock, Duration>> = encoded_as_is<Duration>;

}  // namespace detail
}  // namespace leat

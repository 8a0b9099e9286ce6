// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/access.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace leat {

namespace detail {

static_assert(
    std::endian::native == std::endian::little,
    "leat: encoded bytes are little-endian and are copied as they are: big-endian machines are not supported");

/// The types that a type of the standard library consists of.
template <class...>
struct parts_of;

/// Its name in a description: a letter, and the numbers that belong to the type, where there are some.
struct shape_name {
  char letter;
  std::uintmax_t number = 0;
  std::uintmax_t divisor = 0;
};

/// The codec of a type of the standard library, by specialisation: `whole` (all its parts have a codec),
/// `least` (the fewest bytes a value takes), `save` and `load`; and for descriptions its `parts` and its `shape`.
template <class T>
struct standard {
  static constexpr bool known = false;
};
template <class T>
struct boost_codec;
template <class T>
  requires by_boost<T>
struct standard<T> : boost_codec<T> {};

/// Numbers, bool, enumerations, std::byte. Not long double, whose size and padding differ between machines.
template <class T>
inline constexpr bool is_scalar_value =
    (std::is_arithmetic_v<T> && !std::is_same_v<T, long double>) || std::is_enum_v<T>;

/// Boost's own counts, met only in a `serialize` of its headers.
template <class T>
inline constexpr bool is_boost_count = std::is_same_v<T, boost::serialization::collection_size_type> ||
                                       std::is_same_v<T, boost::serialization::item_version_type>;

template <class T>
constexpr bool find_codec() {
  if constexpr (is_scalar_value<T> || is_boost_count<T>)
    return true;
  else if constexpr (std::is_bounded_array_v<T>)
    return find_codec<std::remove_cv_t<std::remove_extent_t<T>>>();
  else if constexpr (!std::is_class_v<T> && !std::is_union_v<T>)
    return false;
  else if constexpr (standard<T>::known)
    return standard<T>::whole;
  else
    return spelling_of<T>() != spelling::none;
}

/// Tells types apart while a program runs.
template <class T>
void const* codec_identity() {
  static char identity = 0;
  return &identity;
}

/// The fewest bytes that a value can take. A type of the user's may write none.
template <class T>
constexpr std::size_t find_least_bytes() {
  if constexpr (is_scalar_value<T>)
    return sizeof(T);
  else if constexpr (std::is_bounded_array_v<T>)
    return std::extent_v<T> * find_least_bytes<std::remove_cv_t<std::remove_extent_t<T>>>();
  else if constexpr (standard<T>::known)
    return standard<T>::least;
  else
    return 0;
}
template <class T>
inline constexpr std::size_t least_bytes = find_least_bytes<std::remove_cv_t<T>>();

/// An unordered container, whose order of elements is its own affair.
template <class T>
concept unordered = requires { typename T::hasher; };

/// Whether a type is, or contains, an unordered container, as far as the types of the standard library show their
/// parts.
template <class T>
constexpr bool holds_unordered();
template <class... Ts>
constexpr bool any_holds_unordered(parts_of<Ts...>*) {
  return (holds_unordered<std::remove_cv_t<Ts>>() || ...);
}
template <class T>
constexpr bool holds_unordered() {
  if constexpr (unordered<T>)
    return true;
  else if constexpr (std::is_bounded_array_v<T>)
    return holds_unordered<std::remove_cv_t<std::remove_extent_t<T>>>();
  else if constexpr (std::is_class_v<T> && standard<T>::known)
    return any_holds_unordered(static_cast<typename standard<T>::parts*>(nullptr));
  else
    return false;
}

/// Whether equal values may be written as different bytes: 0.0 and -0.0, unordered containers, and what a type of the
/// user's may have inside.
template <class T>
constexpr bool may_differ_in_bytes();
template <class... Ts>
constexpr bool any_may_differ(parts_of<Ts...>*) {
  return (may_differ_in_bytes<std::remove_cv_t<Ts>>() || ...);
}
template <class T>
constexpr bool may_differ_in_bytes() {
  if constexpr (is_scalar_value<T>)
    return std::is_floating_point_v<T>;
  else if constexpr (std::is_bounded_array_v<T>)
    return may_differ_in_bytes<std::remove_cv_t<std::remove_extent_t<T>>>();
  else if constexpr (unordered<T>)
    return true;
  else if constexpr (standard<T>::known)
    return any_may_differ(static_cast<typename standard<T>::parts*>(nullptr));
  else
    return true;
}

}  // namespace detail

/// Whether a type can be written as bytes and read back. Exact for numbers, enumerations and the types of the
/// standard library, through all their parts; pointers of any kind have none. A type of the user's has one if
/// it says what it consists of, in the spelling of Boost.Serialization:
///   - a member `template <class A> void serialize(A& archive, unsigned version)`, public, or private beside
///     `friend class leat::access`, or private beside `friend class boost::serialization::access` with Boost
///     included;
///   - members `save(A&, unsigned) const` and `load(A&, unsigned)`;
///   - a free `template <class A> void serialize(A&, T&, unsigned)` in the type's namespace or in
///     boost::serialization.
/// What the body of a `serialize` names cannot be seen from here: a field without a codec is refused when that
/// body is compiled.
template <class T>
concept has_codec = detail::find_codec<std::remove_cv_t<T>>();

}  // namespace leat

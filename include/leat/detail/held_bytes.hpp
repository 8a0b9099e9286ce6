// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/access.hpp>
#include <leat/detail/is_optional.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

/// What a record holds in memory outside of itself: batches and packets are bounded by it, and credit is counted in it.
namespace leat::detail {

template <class T>
std::size_t held_bytes(T const& value);

/// A run of `serialize` as if the value were written, which only adds up what its parts hold.
template <class Tag>
class basic_measuring_archive {
 public:
  using is_saving = std::true_type;
  using is_loading = std::false_type;

  basic_measuring_archive() = default;
  basic_measuring_archive(basic_measuring_archive const&) = delete;
  basic_measuring_archive& operator=(basic_measuring_archive const&) = delete;

  template <class T>
  basic_measuring_archive& operator&(T const& value) {
    bytes_ += held_bytes(value);
    return *this;
  }
  template <class T>
  basic_measuring_archive& operator<<(T const& value) {
    return *this & value;
  }

  /// The version of Boost.Serialization whose spelling is understood.
  unsigned get_library_version() const { return 19; }
  void save_binary(void const*, std::size_t count) { bytes_ += count; }

  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};
using measuring_archive = basic_measuring_archive<boost::serialization::access>;

template <class T>
inline constexpr bool is_string = false;
template <class C, class Traits, class Allocator>
inline constexpr bool is_string<std::basic_string<C, Traits, Allocator>> = true;

template <class T>
inline constexpr bool is_product = false;
template <class A, class B>
inline constexpr bool is_product<std::pair<A, B>> = true;
template <class... Ts>
inline constexpr bool is_product<std::tuple<Ts...>> = true;

/// Containers, variants and pointers are known by their shape, so that none of their headers is needed here.
template <class T>
concept has_elements = requires(T const& c) {
  typename T::value_type;
  c.begin() != c.end();
  c.size();
  requires !std::is_same_v<typename T::value_type, T>;  // a tree of its own kind cannot be seen into
};
template <class T>
concept has_alternatives = requires(T const& v) {
  v.index();
  v.valueless_by_exception();
};
template <class T>
concept is_owning_pointer = requires(T& p) {
  typename T::element_type;
  typename T::deleter_type;
  *p;
  p.release();
};
/// A type of the user's that says what it consists of.
template <class T>
concept can_be_measured =
    spelling_of<T>() != spelling::none && find_spelling<measuring_archive, T>() == spelling_of<T>();

/// Each in memory of its own, beside some pointers, unless they lie together.
template <class T>
std::size_t bytes_of_elements(T const& elements) {
  using element = typename T::value_type;
  std::size_t bytes = 0;
  if constexpr (requires {
                  elements.capacity();
                  elements.data();
                })
    bytes = elements.capacity() * sizeof(element);
  else if constexpr (!requires { elements.data(); })
    bytes = elements.size() * (sizeof(element) + 4 * sizeof(void*));
  if constexpr (!plain<element>)
    for (auto const& each : elements) bytes += held_bytes(static_cast<element const&>(each));
  return bytes;
}

/// A `serialize` that throws does so where the record is written.
template <class T>
std::size_t bytes_by_serialize(T const& value) {
  measuring_archive archive;
  try {
    // One `serialize` serves both directions, so it cannot be const.
    access::serialize(archive, const_cast<T&>(value), codec_version<T>);
  } catch (...) {
    return archive.bytes();
  }
  return archive.bytes();
}

/// An estimate, in bytes. Zero, and known to the compiler, for what owns nothing; also of what cannot be seen into: a
/// class without a `serialize`, one that Boost writes, what a `std::shared_ptr` shares.
template <class T>
std::size_t held_bytes(T const& value) {
  if constexpr (plain<T>) {
    return 0;
  } else if constexpr (is_string<T>) {
    constexpr std::size_t inside = sizeof(T) / 2;  // a shorter one lies in the string itself
    std::size_t const bytes = value.capacity() * sizeof(typename T::value_type);
    return bytes < inside ? 0 : bytes;
  } else if constexpr (is_product<T>) {
    return std::apply([](auto const&... part) { return (std::size_t{0} + ... + held_bytes(part)); }, value);
  } else if constexpr (is_optional<T>) {
    return value ? held_bytes(*value) : 0;
  } else if constexpr (has_elements<T>) {
    return bytes_of_elements(value);
  } else if constexpr (has_alternatives<T>) {
    if (value.valueless_by_exception()) return 0;
    return visit([](auto const& held) { return held_bytes(held); }, value);
  } else if constexpr (is_owning_pointer<T>) {
    return value ? sizeof(*value) + held_bytes(*value) : 0;
  } else if constexpr (!by_boost<T> && can_be_measured<T>) {
    return bytes_by_serialize(value);
  } else {
    return 0;
  }
}

}  // namespace leat::detail

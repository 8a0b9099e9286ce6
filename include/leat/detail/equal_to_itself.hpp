// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// A key is found again by `==`: one that is not equal to itself never would be.
namespace leat::detail {

/// Types whose values all equal themselves, so that none has to be asked.
template <class K>
inline constexpr bool always_equal_to_itself = std::is_integral_v<K> || std::is_enum_v<K> || std::is_pointer_v<K>;
template <class T, std::size_t Size>
inline constexpr bool always_equal_to_itself<T[Size]> = always_equal_to_itself<T>;  // a literal of text
template <class Traits>
inline constexpr bool always_equal_to_itself<std::basic_string_view<char, Traits>> = true;
template <class Traits, class Allocator>
inline constexpr bool always_equal_to_itself<std::basic_string<char, Traits, Allocator>> = true;
template <class T>
inline constexpr bool always_equal_to_itself<std::optional<T>> = always_equal_to_itself<T>;
template <class A, class B>
inline constexpr bool always_equal_to_itself<std::pair<A, B>> = always_equal_to_itself<A> && always_equal_to_itself<B>;
template <class... Ts>
inline constexpr bool always_equal_to_itself<std::tuple<Ts...>> = (always_equal_to_itself<Ts> && ...);

[[noreturn, gnu::cold]] void refuse_unequal_key();

/// Throws std::domain_error for a key that is not equal to itself.
template <class K>
[[gnu::always_inline]] inline void must_equal_itself(K const& key) {
  if constexpr (!always_equal_to_itself<K> && requires { static_cast<bool>(key == key); }) {
    K const& same = key;
    if (!static_cast<bool>(key == same)) refuse_unequal_key();
  }
}

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/detail/equal_to_itself.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/fwd.hpp>

#include <concepts>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

/// What a record, a key, a state must be able to do. All requirements of the language stand here.
namespace leat {

/// A record: any object type that can be moved. Copies are made only where a stream is shared.
template <class T>
concept recordable = std::is_object_v<T> && !std::is_const_v<T> && std::move_constructible<T> && std::destructible<T>;

namespace detail {

/// What std::is_copy_constructible does not tell: a container of what cannot be copied says that it can be.
template <class T>
constexpr bool can_be_copied();
template <class T>
inline constexpr bool parts_can_be_copied = true;
template <template <class...> class Whole, class... Parts>
  requires(std::is_same_v<Whole<Parts...>, std::pair<Parts...>> ||
           std::is_same_v<Whole<Parts...>, std::tuple<Parts...>> ||
           std::is_same_v<Whole<Parts...>, std::optional<Parts...>> ||
           requires(Whole<Parts...> const& variant) { variant.valueless_by_exception(); })
inline constexpr bool parts_can_be_copied<Whole<Parts...>> = (can_be_copied<Parts>() && ...);

template <class T>
constexpr bool can_be_copied() {
  using type = std::remove_cv_t<T>;
  if constexpr (!std::is_copy_constructible_v<type>)
    return false;
  else if constexpr (
      requires {
        typename type::allocator_type;
        typename type::value_type;
      } ||
      requires {
        typename type::value_type;
        std::tuple_size<type>::value;
      }) {
    if constexpr (std::is_same_v<typename type::value_type, type>)
      return true;  // a tree of its own kind, as JSON libraries have
    else
      return can_be_copied<typename type::value_type>();
  } else
    return parts_can_be_copied<type>;
}

}  // namespace detail

/// A record that can be given to several consumers. A type of the user's that holds a container of what cannot be
/// copied has to say `T(T const&) = delete` itself.
template <class T>
concept copyable_record = detail::can_be_copied<T>();

/// A key: two equal keys meet the same state. It also needs a codec, since its encoded bytes decide which worker
/// owns it (`leat/route/codec/codec.hpp`).
template <class K>
concept keyable = recordable<K> && std::copy_constructible<K> && requires(K const& a, K const& b) {
  { a == b } -> std::convertible_to<bool>;
};

/// Records of a keyed stream are pairs of key and value: a stream of pairs is keyed already.
template <class T>
inline constexpr bool is_keyed = false;
template <class K, class V>
inline constexpr bool is_keyed<std::pair<K, V>> = true;

namespace detail {

template <class T>
struct pair_of {
  using key = poison;
  using value = poison;
};
template <class K, class V>
struct pair_of<std::pair<K, V>> {
  using key = K;
  using value = V;
};

/// A record that a loop may copy about and leave behind without a destructor: the kernels then work on plain
/// arrays. A pair of such is one too, although `std::pair` is never trivially copyable. A class may be trivially
/// copyable and yet forbid copies.
template <class T>
inline constexpr bool plain = std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T>;
template <class A, class B>
inline constexpr bool plain<std::pair<A, B>> = plain<A> && plain<B>;
template <class... Ts>
inline constexpr bool plain<std::tuple<Ts...>> = (plain<Ts> && ...);

/// Types that mean "this has to be awaited": a lambda that returns one is only legal in the `async_` steps.
template <class T>
inline constexpr bool awaitable = requires(T& t) { t.await_ready(); } || requires(T& t) { t.operator co_await(); };

}  // namespace detail

/// The type of the key of a keyed record.
template <class K>
using key_of_pair = typename detail::pair_of<K>::key;
/// The type of the value of a keyed record.
template <class T>
using value_of_pair = typename detail::pair_of<T>::value;

}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// One thing in a pack; its place makes it a type of its own.
template <std::size_t Index, class T>
struct packed {
  packed() = default;
  explicit packed(T&& given) : value(static_cast<T&&>(given)) {}
  /// Copies; when that throws, `failed(place)` is called and has to throw itself.
  template <class Failed>
  packed(packed const& other, Failed const& failed) try : value(other.value) {
  } catch (...) {
    failed(Index);
  }
  [[no_unique_address]] T value{};
};

template <class Places, class... Ts>
struct placed_pack;
template <std::size_t... Index, class... Ts>
struct placed_pack<std::index_sequence<Index...>, Ts...> : packed<Index, Ts>... {
  placed_pack() = default;
  explicit placed_pack(Ts... members)
    requires(sizeof...(Ts) != 0)
      : packed<Index, Ts>(static_cast<Ts&&>(members))... {}
  template <class Failed>
  placed_pack(placed_pack const& other, [[maybe_unused]] Failed const& failed) : packed<Index, Ts>(other, failed)... {}

  template <class T>
  placed_pack<std::index_sequence<Index..., sizeof...(Ts)>, Ts..., T> and_then(T last) && {
    return placed_pack<std::index_sequence<Index..., sizeof...(Ts)>, Ts..., T>(
        static_cast<Ts&&>(packed<Index, Ts>::value)..., static_cast<T&&>(last));
  }
};

/// What std::tuple is, for the functions of a fused run: the steps of a flow make one more of these each, and a tuple
/// costs a compiler a function per element and use.
template <class... Ts>
using pack = placed_pack<std::index_sequence_for<Ts...>, Ts...>;

template <std::size_t Index, class T>
[[gnu::always_inline]] inline T& in_pack(packed<Index, T>& place) {
  return place.value;
}

template <std::size_t Index, class T>
std::type_identity<T> packed_type(packed<Index, T> const*);
template <std::size_t Index, class Pack>
using type_in_pack = typename decltype(packed_type<Index>(static_cast<Pack const*>(nullptr)))::type;

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/route/codec/flat.hpp>
#include <leat/route/codec/standard_types.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// Containers are known by their shape, so that none of their headers is needed here. That the last template
/// argument is the container's allocator tells them from classes that merely derive from one and may hold
/// more.
template <class T>
inline constexpr bool ends_with_its_allocator = false;
template <template <class...> class C, class... Ts>
  requires(sizeof...(Ts) >= 2) && requires { typename C<Ts...>::allocator_type; }
inline constexpr bool ends_with_its_allocator<C<Ts...>> =
    std::is_same_v<typename C<Ts...>::allocator_type, std::tuple_element_t<sizeof...(Ts) - 1, std::tuple<Ts...>>>;

template <class T>
concept container = !by_boost<T> && ends_with_its_allocator<T> && requires(T const& c) {
  typename T::value_type;
  c.begin() != c.end();
  c.size();
} && !access::can_serialize<basic_output_archive<boost::serialization::access>, T>;

/// vector, deque, list.
template <class T>
concept sequence = container<T> && requires(T& c) {
  c.emplace_back();
  c.clear();
};

/// set, map, their multi and unordered forms.
template <class T>
concept associative = container<T> && requires(T& c) {
  typename T::key_type;
  c.emplace_hint(c.end(), *c.begin());
};

/// The element as it is read, before it is put in: a map's own pairs have a const key.
template <class T>
struct movable_element {
  using type = T;
};
template <class K, class V>
struct movable_element<std::pair<K const, V>> {
  using type = std::pair<K, V>;
};

/// The memory that one element takes beside its own size, where each lies in a node of its own.
template <class T>
inline constexpr std::size_t element_memory =
    sizeof(typename T::value_type) + (requires(T& c) { c.data(); } ? 0 : 6 * sizeof(void*));

/// Reserves at most 64 KiB more than has been read, since the count is only a claim.
template <class T>
void reserve_some(T& value, std::size_t count) {
  constexpr std::size_t claimed = std::size_t{64} * 1024 / element_memory<T>;
  if constexpr (requires { value.reserve(count); }) value.reserve((std::min)(count, claimed));
}

template <class C, class Traits, class Allocator>
struct standard<std::basic_string<C, Traits, Allocator>> {
  using string = std::basic_string<C, Traits, Allocator>;
  using parts = parts_of<C>;
  static constexpr bool known = true;
  static constexpr bool whole = encoded_as_is<C>;
  static constexpr std::size_t least = 4;
  static constexpr shape_name shape{'S'};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, string const& value) {
    to.put_counted(value.data(), value.size());
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, string& value) {
    std::size_t const count = from.get_count(sizeof(C), sizeof(C));
    if constexpr (sizeof(C) == 1) {
      value.assign(reinterpret_cast<C const*>(from.next()), count);
      from.skip(count);
    } else {
      value.resize(count);
      from.get_elements(value.data(), count);
    }
  }
};

template <sequence T>
struct standard<T> {
  using element = typename T::value_type;
  using parts = parts_of<element>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<element>;
  static constexpr std::size_t least = 4;
  static constexpr bool one_copy = encoded_as_is<element> && requires(T& c) { c.data(); };
  static constexpr shape_name shape{'V'};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, T const& value) {
    if constexpr (one_copy) {
      to.put_counted(value.data(), value.size());
    } else {
      to.put_count(value.size());
      for (auto const& each : value) to.put_element(static_cast<element const&>(each));
    }
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, T& value) {
    if constexpr (must_have_default_constructor<element>()) {
      std::size_t const count = from.get_count(least_bytes<element>, element_memory<T>);
      value.clear();
      if constexpr (one_copy) {
        value.resize(count);
        from.get_elements(value.data(), count);
      } else {
        reserve_some(value, count);
        for (std::size_t i = 0; i != count; ++i) load_one(from, value);
      }
    }
  }

 private:
  template <class In>
  [[gnu::always_inline]] static void load_one(In& from, T& value) {
    if constexpr (std::is_same_v<element, bool>) {
      bool bit = false;
      from.get_element(bit);
      value.push_back(bit);
    } else {
      from.get_element(value.emplace_back());
    }
  }
};

template <associative T>
struct standard<T> {
  using element = typename T::value_type;
  using movable = typename movable_element<element>::type;
  using parts = parts_of<movable>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<element>;
  static constexpr std::size_t least = 4;
  static constexpr shape_name shape{requires {typename T::mapped_type;
} ? 'M' : 'K'
};  // namespace leat::detail

template <class Out>
[[gnu::always_inline]] static void save(Out& to, T const& value) {
  to.put_count(value.size());
  for (element const& each : value) to.put_element(each);
}
template <class In>
[[gnu::always_inline]] static void load(In& from, T& value) {
  if constexpr (must_have_default_constructor<movable>()) {
    std::size_t const count = from.get_count(least_bytes<element>, element_memory<T>);
    value.clear();
    reserve_some(value, count);
    for (std::size_t i = 0; i != count; ++i) {
      movable next{};
      from.get_element(next);
      value.emplace_hint(value.end(), std::move(next));
    }
  }
}
}
;

}  // namespace leat::detail

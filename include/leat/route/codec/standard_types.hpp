// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/route/codec/error.hpp>
#include <leat/route/codec/has_codec.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace leat::detail {

/// Reading makes a value first and then fills it.
template <class T>
constexpr bool must_have_default_constructor() {
  constexpr bool can_be_made = std::is_default_constructible_v<T>;
  static_assert(can_be_made, "leat: this type cannot be decoded: it needs a default constructor that is public");
  return can_be_made;
}

template <class A, class B>
struct standard<std::pair<A, B>> {
  using parts = parts_of<A, B>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<A> && has_codec<B>;
  static constexpr std::size_t least = least_bytes<A> + least_bytes<B>;
  static constexpr shape_name shape{'T'};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, std::pair<A, B> const& value) {
    to & value.first & value.second;
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, std::pair<A, B>& value) {
    from & value.first & value.second;
  }
};

template <class... Ts>
struct standard<std::tuple<Ts...>> {
  using parts = parts_of<Ts...>;
  static constexpr bool known = true;
  static constexpr bool whole = (has_codec<Ts> && ...);
  static constexpr std::size_t least = (std::size_t{0} + ... + least_bytes<Ts>);
  static constexpr shape_name shape{'T'};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, std::tuple<Ts...> const& value) {
    std::apply([&to](Ts const&... part) { static_cast<void>((to & ... & part)); }, value);
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, std::tuple<Ts...>& value) {
    std::apply([&from](Ts&... part) { static_cast<void>((from & ... & part)); }, value);
  }
};

template <class E, std::size_t N>
struct standard<std::array<E, N>> {
  using parts = parts_of<E>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<E>;
  static constexpr std::size_t least = N * least_bytes<E>;
  static constexpr shape_name shape{'A', N};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, std::array<E, N> const& value) {
    to.put_elements(value.data(), N);
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, std::array<E, N>& value) {
    from.get_elements(value.data(), N);
  }
};

template <class E>
struct standard<std::optional<E>> {
  using parts = parts_of<E>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<E>;
  static constexpr std::size_t least = 1;
  static constexpr shape_name shape{'O'};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, std::optional<E> const& value) {
    to & value.has_value();
    if (value) to&* value;
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, std::optional<E>& value) {
    if constexpr (must_have_default_constructor<E>()) {
      bool engaged = false;
      from & engaged;
      value.reset();
      if (engaged) from & value.emplace();
    }
  }
};

template <>
struct standard<std::monostate> {
  using parts = parts_of<>;
  static constexpr bool known = true;
  static constexpr bool whole = true;
  static constexpr std::size_t least = 0;
  static constexpr shape_name shape{'N'};

  template <class Archive>
  static void save(Archive&, std::monostate) {}
  template <class Archive>
  static void load(Archive&, std::monostate) {}
};

template <class... Ts>
struct standard<std::variant<Ts...>> {
  using parts = parts_of<Ts...>;
  static constexpr bool known = true;
  static constexpr bool whole = sizeof...(Ts) <= (std::numeric_limits<std::uint8_t>::max)() && (has_codec<Ts> && ...);
  static constexpr std::size_t least = 1;
  static constexpr shape_name shape{'X'};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, std::variant<Ts...> const& value) {
    if (value.valueless_by_exception()) refuse_valueless();
    to << static_cast<std::uint8_t>(value.index());
    std::visit([&to](auto const& held) { to & held; }, value);
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, std::variant<Ts...>& value) {
    std::uint8_t index = 0;
    from & index;
    bool const found = load_at(from, value, index, std::index_sequence_for<Ts...>{});
    if (!found) refuse_alternative(index, sizeof...(Ts));
  }

 private:
  template <class In, std::size_t... Index>
  static bool load_at(In& from, std::variant<Ts...>& value, std::size_t index, std::index_sequence<Index...>) {
    return ((index == Index && load_one<Index>(from, value)) || ...);
  }
  template <std::size_t Index, class In>
  static bool load_one(In& from, std::variant<Ts...>& value) {
    if constexpr (must_have_default_constructor<std::variant_alternative_t<Index, std::variant<Ts...>>>())
      from & value.template emplace<Index>();
    return true;
  }
};

template <class Rep, class Period>
struct standard<std::chrono::duration<Rep, Period>> {
  using parts = parts_of<Rep>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<Rep>;
  static constexpr std::size_t least = least_bytes<Rep>;
  static constexpr shape_name shape{'D', Period::num, Period::den};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, std::chrono::duration<Rep, Period> value) {
    to & value.count();
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, std::chrono::duration<Rep, Period>& value) {
    Rep count{};
    from & count;
    value = std::chrono::duration<Rep, Period>(count);
  }
};

template <class Clock, class Duration>
struct standard<std::chrono::time_point<Clock, Duration>> {
  using parts = parts_of<Duration>;
  static constexpr bool known = true;
  static constexpr bool whole = has_codec<Duration>;
  static constexpr std::size_t least = least_bytes<Duration>;
  static constexpr shape_name shape{'I'};

  template <class Out>
  [[gnu::always_inline]] static void save(Out& to, std::chrono::time_point<Clock, Duration> value) {
    to & value.time_since_epoch();
  }
  template <class In>
  [[gnu::always_inline]] static void load(In& from, std::chrono::time_point<Clock, Duration>& value) {
    Duration since{};
    from & since;
    value = std::chrono::time_point<Clock, Duration>(since);
  }
};

}  // namespace leat::detail

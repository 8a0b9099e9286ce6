// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

/// What an operator's function returns may show what somebody else owns; a record may not, since it outlives the call.
namespace leat::detail {

template <class T>
struct owner_of_same {
  using type = T;
};
template <class T>
struct owner_of_same<T const> {
  using type = typename owner_of_same<T>::type const;
};
template <class T>
struct owner_of_same<T&> : owner_of_same<std::remove_cv_t<T>> {};
template <class T>
struct owner_of_same<T&&> : owner_of_same<std::remove_cv_t<T>> {};
template <class Char, class Traits>
struct owner_of_same<std::basic_string_view<Char, Traits>> {
  using type = std::basic_string<Char, Traits>;
};
template <class T>
struct owner_of_same<std::optional<T>> {
  using type = std::optional<typename owner_of_same<T>::type>;
};
template <class A, class B>
struct owner_of_same<std::pair<A, B>> {
  using type = std::pair<typename owner_of_same<A>::type, typename owner_of_same<B>::type>;
};
template <class... Ts>
struct owner_of_same<std::tuple<Ts...>> {
  using type = std::tuple<typename owner_of_same<Ts>::type...>;
};

/// A record owns what it shows: a view of text becomes a string where it has to be kept, also in a pair, a tuple or an
/// optional, and a reference becomes a copy. Up to there, inside a fused run, it stays what the function returned.
template <class R>
using record_made_of = typename owner_of_same<std::remove_cvref_t<R>>::type;

/// `std::reference_wrapper`, and `std::span`, whose headers a program need not include.
template <class T>
concept refers_to_another = std::is_trivially_copyable_v<T> && requires(T const& wrapper) {
  requires std::is_same_v<decltype(wrapper.get()), typename T::type&>;
};
template <class T>
concept spans_another = std::is_trivially_copyable_v<T> && requires(T const& view) {
  requires std::is_same_v<decltype(view.data()), typename T::element_type*>;
  view.size();
};

template <class T>
inline constexpr bool shows_what_another_owns = refers_to_another<T> || spans_another<T>;
template <class Char, class Traits>
inline constexpr bool shows_what_another_owns<std::basic_string_view<Char, Traits>> = true;
template <class T>
inline constexpr bool shows_what_another_owns<T const> = shows_what_another_owns<T>;
template <class A, class B>
inline constexpr bool shows_what_another_owns<std::pair<A, B>> =
    shows_what_another_owns<A> || shows_what_another_owns<B>;
/// Of containers and optionals; other types of the user's are not looked into.
template <template <class...> class Container, class T, class... More>
  requires requires { requires std::is_same_v<typename Container<T, More...>::value_type, T>; }
inline constexpr bool shows_what_another_owns<Container<T, More...>> = shows_what_another_owns<T>;
template <class... Ts>
inline constexpr bool shows_what_another_owns<std::tuple<Ts...>> = (shows_what_another_owns<Ts> || ...);

/// Says why a record that a function returns cannot be kept. Asked of what `record_made_of` gives.
template <class T>
consteval bool owns_what_it_shows() {
  constexpr bool record_owns_what_it_shows = !shows_what_another_owns<T>;
  static_assert(record_owns_what_it_shows,
                "leat: f returns a view of what another owns (a std::span, a std::reference_wrapper, views of text in "
                "a container), which the record would outlive: return what owns its elements, such as a std::vector");
  return record_owns_what_it_shows;
}

}  // namespace leat::detail

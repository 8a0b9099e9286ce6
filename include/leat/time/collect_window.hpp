// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/window_content.hpp>
#include <leat/time/window_step.hpp>

#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

template <class Container>
struct collected_into {};

template <class O>
inline constexpr bool says_what_to_collect_into = false;
template <class Container>
inline constexpr bool says_what_to_collect_into<collected_into<Container>> = true;

template <class C, class V>
concept appends = requires(C& to, V&& value) { to.push_back(std::move(value)); };
template <class C, class V>
concept assigns_by_key =
    requires(C& to, V&& pair) { to.insert_or_assign(std::move(pair).first, std::move(pair).second); };
template <class C, class V>
concept takes_members = requires(C& to, V&& value) { to.insert(std::move(value)); };

/// Values into a container. Of a map, the later value of a key counts.
template <class C, class V>
struct collected_content : keeps_itself<C> {
  using value = V;
  static constexpr bool merges = true;

  template <class Say>
  C begin(V&& first, Say& say) const {
    C values{};
    add(values, std::move(first), say);
    return values;
  }
  template <class Say>
  void add(C& values, V&& next, Say&) const {
    if constexpr (appends<C, V>)
      values.push_back(std::move(next));
    else if constexpr (assigns_by_key<C, V>)
      values.insert_or_assign(std::move(next).first, std::move(next).second);
    else
      values.insert(std::move(next));
  }
  template <class Say>
  void merge(C& earlier, C&& later, Say&) const {
    if constexpr (appends<C, V>)
      earlier.insert(earlier.end(), std::make_move_iterator(later.begin()), std::make_move_iterator(later.end()));
    else if constexpr (assigns_by_key<C, V>)
      for (auto& [key, mapped] : later) earlier.insert_or_assign(key, std::move(mapped));
    else
      earlier.merge(later);
  }
};

/// `Container`: void for a vector of the values.
template <class Container>
struct collect_functions {
  static constexpr after_restart memory = after_restart::goes_on;
};

struct collect_windows {
  static constexpr char const* name = "collect_window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool collect_window_has_what_it_needs = Silent;
    static_assert(collect_window_has_what_it_needs,
                  "leat: collect_window(name, clock, windower): leat::into<container> and leat::unordered may follow; "
                  "leat::counting(n) stands in the place of clock and windower");
  }
  template <class Functions, class V, class, bool>
  static consteval bool accepts() {
    return accepts_container<V>(static_cast<Functions*>(nullptr));
  }
  template <class V, class Container>
  static consteval bool accepts_container(collect_functions<Container>*) {
    constexpr bool container_takes_the_values = std::is_void_v<Container> || appends<Container, V> ||
                                                assigns_by_key<Container, V> || takes_members<Container, V>;
    static_assert(container_takes_the_values,
                  "leat: collect_window(name, clock, windower, leat::into<container>): the container must take the "
                  "values: by push_back, by insert, or, for pairs of key and value, by insert_or_assign");
    return container_takes_the_values;
  }

  template <class V, class Container>
  static auto content(collect_functions<Container>) {
    using container = std::conditional_t<std::is_void_v<Container>, std::vector<V>, Container>;
    return collected_content<container, V>();
  }
};

/// The container that the last option names.
template <class Wanted, class...>
struct container_among {
  using type = Wanted;
};
template <class Wanted, class Container, class... More>
struct container_among<Wanted, collected_into<Container>, More...> : container_among<Container, More...> {};
template <class Wanted, class Other, class... More>
struct container_among<Wanted, Other, More...> : container_among<Wanted, More...> {};

template <class Clock, class Windower, class... Options>
auto collect_window_step(step_name name, Clock clock, Windower windower, Options... options) {
  using functions = collect_functions<typename container_among<void, Options...>::type>;
  return window_step_with<collect_windows, !std::is_same_v<Windower, counting>>(
      std::move(name), std::move(clock), std::move(windower), functions(), options...);
}

template <class O>
concept collect_option = window_or_early_option<O> || says_what_to_collect_into<O>;

}  // namespace detail

/// What `collect_window` collects into, instead of a vector: `into<std::set<int>>`.
template <class Container>
inline constexpr detail::collected_into<Container> into{};

/// The values of each window of each key, in the order of their times, in a vector or what `into<container>` says: of a
/// map the later value of a key counts. With `leat::unordered` in the order in which they come. A struct of three
/// streams is returned, `windowed`. `counting(n)` may stand in the place of clock and windower.
template <class Clock, class Windower, detail::collect_option... Options>
  requires(!detail::is_counting<Clock>)
auto collect_window(step_name name, Clock clock, Windower windower, Options... options) {
  return detail::collect_window_step(std::move(name), std::move(clock), std::move(windower), options...);
}
template <detail::collect_option... Options>
auto collect_window(step_name name, counting windower, Options... options) {
  return detail::collect_window_step(std::move(name), detail::no_clock(), windower, options...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step collect_window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(!detail::has_enough<2, Given...>)
detail::incomplete_window_step<detail::collect_windows> collect_window(Name const&, Given const&...) {
  return {};
}

}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/function/memory.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/time/window_content.hpp>
#include <leat/time/window_step.hpp>

#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class Reducer>
struct reduce_functions {
  static constexpr after_restart memory = memory_of<Reducer>;
  explicit reduce_functions(Reducer r) : reducer(std::move(r)) {}
  Reducer reducer;
};

/// What those have in common that make one value of two.
struct reducing_windows {
  template <class V, class Reducer>
  static auto content(reduce_functions<Reducer> functions) {
    return reduced_content<V, Reducer>(std::move(functions.reducer));
  }
};

struct reduce_windows : reducing_windows {
  static constexpr char const* name = "reduce_window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool reduce_window_has_what_it_needs = Silent;
    static_assert(reduce_window_has_what_it_needs,
                  "leat: reduce_window(name, clock, windower, reducer): leat::ordered may follow; leat::counting(n) "
                  "stands in the place of clock and windower");
  }
  template <class Functions, class V, class, bool>
  static consteval bool accepts() {
    constexpr bool reducer_joins_two_values =
        requires(Functions& f, V&& a, V&& b, V& home) { home = f.reducer(std::move(a), std::move(b)); };
    static_assert(reducer_joins_two_values,
                  "leat: reduce_window(name, clock, windower, reducer): reducer(value, value) must take two values of "
                  "the keyed stream and return one");
    return reducer_joins_two_values;
  }
};

/// Of the functions of `max_window` and `min_window`. `Kind` says the sentences.
template <class Kind>
struct choosing_windows : reducing_windows {
  template <class Functions, class V, class, bool>
  static consteval bool accepts() {
    using choice = decltype(std::declval<Functions&>().reducer);
    return Kind::template says_what_is_wrong<choice::template takes_the_value<V>, choice, V>();
  }
};

struct max_windows : choosing_windows<max_windows> {
  static constexpr char const* name = "max_window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool max_window_has_what_it_needs = Silent;
    static_assert(max_window_has_what_it_needs,
                  "leat: max_window(name, clock, windower): a function of the value may follow, by whose result values "
                  "are compared");
  }
  template <bool Takes, class Choice, class V>
  static consteval bool says_what_is_wrong() {
    static_assert(
        Takes,
        "leat: max_window(name, clock, windower, by): by must be callable with a const reference to the value "
        "of the keyed stream");
    constexpr bool results_can_be_compared = !Takes || Choice::template compares<V>;
    static_assert(results_can_be_compared,
                  "leat: max_window(name, clock, windower, by): what is to be compared has no <: give it one, or a by "
                  "that returns a number or another part of the value that has");
    return Takes && results_can_be_compared;
  }
};

struct min_windows : choosing_windows<min_windows> {
  static constexpr char const* name = "min_window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool min_window_has_what_it_needs = Silent;
    static_assert(min_window_has_what_it_needs,
                  "leat: min_window(name, clock, windower): a function of the value may follow, by whose result values "
                  "are compared");
  }
  template <bool Takes, class Choice, class V>
  static consteval bool says_what_is_wrong() {
    static_assert(
        Takes,
        "leat: min_window(name, clock, windower, by): by must be callable with a const reference to the value "
        "of the keyed stream");
    constexpr bool results_can_be_compared = !Takes || Choice::template compares<V>;
    static_assert(results_can_be_compared,
                  "leat: min_window(name, clock, windower, by): what is to be compared has no <: give it one, or a by "
                  "that returns a number or another part of the value that has");
    return Takes && results_can_be_compared;
  }
};

template <class Kind, class Clock, class Windower, class Reducer, class... Options>
auto reduce_window_step(step_name name, Clock clock, Windower windower, Reducer reducer, Options... options) {
  return window_step_with<Kind, false>(std::move(name), std::move(clock), std::move(windower),
                                       reduce_functions<Reducer>(std::move(reducer)), options...);
}

}  // namespace detail

/// One value of each window of each key: all its values joined by `reducer(value, value) -> value`, which must be
/// associative and, unless `leat::ordered` follows, commutative: values are joined as they come. A struct of three
/// streams is returned, `windowed`. `counting(n)` may stand in the place of clock and windower. `reducer` is called on
/// the thread of the worker that owns the key.
template <class Clock, class Windower, class Reducer, class... Options>
  requires(!detail::is_counting<Clock> && (detail::window_or_early_option<Options> && ...))
auto reduce_window(step_name name, Clock clock, Windower windower, Reducer reducer, Options... options) {
  return detail::reduce_window_step<detail::reduce_windows>(std::move(name), std::move(clock), std::move(windower),
                                                            detail::function_of<Reducer>(std::move(reducer)),
                                                            options...);
}
template <class Reducer, class... Options>
  requires(detail::window_or_early_option<Options> && ...)
auto reduce_window(step_name name, counting windower, Reducer reducer, Options... options) {
  return detail::reduce_window_step<detail::reduce_windows>(
      std::move(name), detail::no_clock(), windower, detail::function_of<Reducer>(std::move(reducer)), options...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step reduce_window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(!detail::has_enough<3, Given...>)
detail::incomplete_window_step<detail::reduce_windows> reduce_window(Name const&, Given const&...) {
  return {};
}

/// The greatest value of each window of each key, compared with `<`, or by `by(value)`. As `reduce_window`.
template <class Clock, class Windower, class By, class... Options>
  requires(!detail::window_or_early_option<By> && (detail::window_or_early_option<Options> && ...))
auto max_window(step_name name, Clock clock, Windower windower, By by, Options... options) {
  using choice = detail::greater_of_two<detail::function_of<By>>;
  return detail::reduce_window_step<detail::max_windows>(std::move(name), std::move(clock), std::move(windower),
                                                         choice{std::move(by)}, options...);
}
template <class Clock, class Windower, detail::window_or_early_option... Options>
auto max_window(step_name name, Clock clock, Windower windower, Options... options) {
  return max_window(std::move(name), std::move(clock), std::move(windower), detail::identity(), options...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step max_window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(sizeof...(Given) < 2)
detail::incomplete_window_step<detail::max_windows> max_window(Name const&, Given const&...) {
  return {};
}

/// The least value of each window of each key, compared with `<`, or by `by(value)`. As `reduce_window`.
template <class Clock, class Windower, class By, class... Options>
  requires(!detail::window_or_early_option<By> && (detail::window_or_early_option<Options> && ...))
auto min_window(step_name name, Clock clock, Windower windower, By by, Options... options) {
  using choice = detail::lesser_of_two<detail::function_of<By>>;
  return detail::reduce_window_step<detail::min_windows>(std::move(name), std::move(clock), std::move(windower),
                                                         choice{std::move(by)}, options...);
}
template <class Clock, class Windower, detail::window_or_early_option... Options>
auto min_window(step_name name, Clock clock, Windower windower, Options... options) {
  return min_window(std::move(name), std::move(clock), std::move(windower), detail::identity(), options...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step min_window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(sizeof...(Given) < 2)
detail::incomplete_window_step<detail::min_windows> min_window(Name const&, Given const&...) {
  return {};
}

}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/function/memory.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/time/window_content.hpp>
#include <leat/time/window_step.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat {
namespace detail {

template <class By>
struct top_functions {
  static constexpr after_restart memory = memory_of<By>;
  top_functions(std::size_t n, By b) : most(n), by(std::move(b)) {}
  std::size_t most;
  By by;
};

/// The greatest values of a window, the greatest first, equal ones in the order in which they came.
template <class V, class By>
struct top_content : keeps_itself<std::vector<V>> {
  using value = V;
  static constexpr bool merges = true;

  explicit top_content(top_functions<By> functions) : most(functions.most), by(std::move(functions.by)) {}

  template <class Say>
  std::vector<V> begin(V&& first, Say& say) const {
    std::vector<V> values;
    add(values, std::move(first), say);
    return values;
  }
  template <class Say>
  void add(std::vector<V>& values, V&& next, Say&) const {
    auto const place = std::find_if(values.begin(), values.end(),
                                    [&](V const& each) { return less(by(each), by(std::as_const(next))); });
    if (place == values.end() && values.size() == most) return;
    if (values.size() == most) {
      std::move_backward(place, values.end() - 1, values.end());
      *place = std::move(next);
    } else {
      values.insert(place, std::move(next));
    }
  }
  template <class Say>
  void merge(std::vector<V>& earlier, std::vector<V>&& later, Say& say) const {
    for (V& each : later) add(earlier, std::move(each), say);
  }

  std::size_t most;
  By by;
};

struct top_windows {
  static constexpr char const* name = "top_window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool top_window_has_what_it_needs = Silent;
    static_assert(top_window_has_what_it_needs,
                  "leat: top_window(name, clock, windower, n): how many values are kept, and a function of the value "
                  "may follow, by whose result values are compared");
  }
  template <class Functions, class V, class, bool>
  static consteval bool accepts() {
    using by = decltype(std::declval<Functions&>().by);
    constexpr bool by_takes_the_value = requires(by const& f, V const& value) { f(value); };
    static_assert(by_takes_the_value,
                  "leat: top_window(name, clock, windower, n, by): by must be callable with a const reference to the "
                  "value of the keyed stream");
    if constexpr (!by_takes_the_value)
      return false;
    else {
      constexpr bool results_can_be_compared = requires(by const& f, V const& a, V const& b) {
        { f(a) < f(b) } -> std::convertible_to<bool>;
      };
      static_assert(results_can_be_compared,
                    "leat: top_window(name, clock, windower, n, by): what is to be compared has no <: give it one, or "
                    "a by that returns a number or another part of the value that has");
      return results_can_be_compared;
    }
  }
  template <class V, class By>
  static auto content(top_functions<By> functions) {
    return top_content<V, By>(std::move(functions));
  }
};

/// What is wrong with the number of values; empty: nothing.
inline std::string refusal_of_top(std::size_t most) {
  return most == 0 ? "it keeps no value: n must be 1 or more" : "";
}

}  // namespace detail

/// The `n` greatest values of each window of each key, in a vector, the greatest first, compared with `<`, or by
/// `by(value)`; of equal ones those that came first. Of fewer values all are given.
/// A struct of three streams is returned, `windowed`. Of one stream of all keys, give all the same key. `by` is called
/// on the thread of the worker that owns the key.
template <class Clock, class Windower, class By = detail::identity>
auto top_window(step_name name, Clock clock, Windower windower, std::size_t n, By by = {}) {
  using functions = detail::top_functions<detail::function_of<By>>;
  detail::refuse_windows("top_window", name, {}, detail::refusal_of_top(n));
  return detail::window_step<detail::top_windows, false, Clock, Windower, functions>(
      std::move(name), std::move(clock), std::move(windower), functions(n, std::move(by)));
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step top_window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(sizeof...(Given) < 3)
detail::incomplete_window_step<detail::top_windows> top_window(Name const&, Given const&...) {
  return {};
}

}  // namespace leat

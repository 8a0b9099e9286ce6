// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/elements.hpp>
#include <leat/op/function/function.hpp>
#include <leat/state/state_function_step.hpp>
#include <leat/state/stateful_stage.hpp>

#include <utility>

namespace leat {
namespace detail {

struct any_number_for_each_value {
  static constexpr char const* name = "stateful_flat_map";
  static constexpr bool gives_one = false;
  template <class Range>
  using value_made = record_made_of<element_of_range<Range>>;

  template <class Asked>
  static consteval bool accepts() {
    constexpr bool state_type_is_known = Asked::state_type_is_known;
    static_assert(state_type_is_known,
                  "leat: stateful_flat_map(name, f): f must take std::optional<State>& as its first parameter; for a "
                  "generic lambda name the state: stateful_flat_map<State>(name, f)");
    constexpr bool state_has_a_codec = Asked::state_has_a_codec;
    static_assert(state_has_a_codec,
                  "leat: stateful_flat_map(name, f): the state has no codec, so it cannot be kept over a restart. "
                  "Give it template <class A> void serialize(A&, unsigned), or use a type that has one");
    constexpr bool f_takes_state_and_value = Asked::f_takes_state_and_value;
    static_assert(f_takes_state_and_value,
                  "leat: stateful_flat_map(name, f): f must be callable with (std::optional<State>&, value) and "
                  "return a range of results, or take the state and return a pair of it and the range");
    constexpr bool f_returns_a_range = !Asked::may_be_called || range_of_elements<typename Asked::result>;
    static_assert(f_returns_a_range,
                  "leat: stateful_flat_map(name, f): f must return a range of results, such as a std::vector; for "
                  "exactly one use stateful_map");
    if constexpr (Asked::may_be_called && f_returns_a_range)
      return owns_what_it_shows<value_made<typename Asked::result>>();
    else
      return false;
  }

  template <class Range, class K, class Emit>
  static void send(Range&& range, K const& key, Emit& emit_record) {
    using W = value_made<Range>;
    emit_elements<Range>(range, [&](auto&& each) { emit_record(key, W(std::forward<decltype(each)>(each))); });
  }
};

}  // namespace detail

/// Any number of results for each value, with the state of the value's key: `f(std::optional<State>& state, value) ->
/// range`. Otherwise as stateful_map.
template <class State = void, class F>
detail::state_function_step<detail::any_number_for_each_value, State, F> stateful_flat_map(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class State = void, class F>
detail::incomplete_step<F> stateful_flat_map(F const&) {
  return {};
}
template <class State = void, class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first stateful_flat_map(F const&, Name const&) {
  return {};
}

}  // namespace leat

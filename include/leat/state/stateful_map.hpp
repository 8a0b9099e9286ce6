// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/function.hpp>
#include <leat/state/state_function_step.hpp>
#include <leat/state/stateful_stage.hpp>

#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

struct one_for_each_value {
  static constexpr char const* name = "stateful_map";
  static constexpr bool gives_one = true;
  template <class Result>
  using value_made = record_made_of<Result>;

  template <class Asked>
  static consteval bool accepts() {
    constexpr bool state_type_is_known = Asked::state_type_is_known;
    static_assert(state_type_is_known,
                  "leat: stateful_map(name, f): f must take std::optional<State>& as its first parameter; for a "
                  "generic lambda name the state: stateful_map<State>(name, f)");
    constexpr bool state_has_a_codec = Asked::state_has_a_codec;
    static_assert(state_has_a_codec,
                  "leat: stateful_map(name, f): the state has no codec, so it cannot be kept over a restart. Give it "
                  "template <class A> void serialize(A&, unsigned), or use a type that has one");
    constexpr bool f_takes_state_and_value = Asked::f_takes_state_and_value;
    static_assert(f_takes_state_and_value,
                  "leat: stateful_map(name, f): f must be callable with (std::optional<State>&, value) and return the "
                  "result, or take and return the state: a pair of std::optional<State> and result");
    constexpr bool f_returns_a_result = !std::is_void_v<typename Asked::result>;
    static_assert(f_returns_a_result,
                  "leat: stateful_map(name, f): f must return one result for each value; to return none or several "
                  "use stateful_flat_map");
    if constexpr (Asked::may_be_called && f_returns_a_result)
      return owns_what_it_shows<value_made<typename Asked::result>>();
    else
      return false;
  }

  template <class Result, class K, class Emit>
  static void send(Result&& result, K&& key, Emit& emit_record) {
    emit_record(std::forward<K>(key), std::forward<Result>(result));
  }
};

}  // namespace detail

/// One result for each value, with the state of the value's key: `f(std::optional<State>& state, value) -> result`.
/// The state is edited in place; it is empty at a key's first value, and a key whose state is left empty is forgotten.
/// `f(std::optional<State>, value) -> std::pair<std::optional<State>, result>` works too. Runs on the worker that owns
/// the key; values of one key come in their order.
template <class State = void, class F>
detail::state_function_step<detail::one_for_each_value, State, F> stateful_map(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class State = void, class F>
detail::incomplete_step<F> stateful_map(F const&) {
  return {};
}
template <class State = void, class F, detail::names_a_step Name>
  requires(!detail::names_a_step<F>)
detail::name_comes_first stateful_map(F const&, Name const&) {
  return {};
}

}  // namespace leat

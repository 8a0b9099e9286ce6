// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/elements.hpp>
#include <leat/op/function.hpp>
#include <leat/state/kept_state.hpp>
#include <leat/state/state_function.hpp>
#include <leat/state/stateful_stage.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class S, class V, class W, class F>
struct stateful_flat_map_logic {
  using state = kept_state<S>;

  template <class Cell, class K, class Emit>
  void on_value(Cell& met, K const& key, V&& value, Emit& emit) {
    with_state<S>(met, [&](std::optional<S>& kept) {
      if constexpr (edits_state<F, S, V>) {
        send(f(kept, std::move(value)), key, emit);
      } else {
        auto result = f(std::move(kept), std::move(value));
        kept = std::move(result.first);
        send(std::move(result.second), key, emit);
      }
    });
  }

  template <class R, class K, class Emit>
  static void send(R&& range, K const& key, Emit& emit) {
    for (auto&& made : range) {
      if constexpr (std::is_lvalue_reference_v<R>)
        emit(key, W(made));
      else
        emit(key, W(std::move(made)));
    }
  }

  F f;
};

template <class Given, class F>
class stateful_flat_map_step {
 public:
  stateful_flat_map_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, stateful_flat_map_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      using V = value_of_pair<record_of<S>>;
      using state = state_type<Given, F>;
      constexpr bool state_type_is_known = !std::is_void_v<state>;
      static_assert(state_type_is_known,
                    "leat: stateful_flat_map(name, f): f must take std::optional<State>& as its first parameter; for a "
                    "generic lambda name the state: stateful_flat_map<State>(name, f)");
      if constexpr (!state_type_is_known)
        return stream<poison>{};
      else {
        constexpr bool state_has_a_codec = has_codec<state>;
        static_assert(state_has_a_codec,
                      "leat: stateful_flat_map(name, f): the state has no codec, so it cannot be kept over a restart. "
                      "Give it template <class A> void serialize(A&, unsigned), or use a type that has one");
        constexpr bool f_takes_state_and_value = edits_state<F, state, V> || returns_state<F, state, V>;
        static_assert(f_takes_state_and_value,
                      "leat: stateful_flat_map(name, f): f must be callable with (std::optional<State>&, value) and "
                      "return a range of results, or take the state and return a pair of it and the range");
        if constexpr (!state_has_a_codec || !f_takes_state_and_value)
          return stream<poison>{};
        else {
          using range = result_with_state<F, state, V>;
          constexpr bool f_returns_a_range = range_of_elements<range>;
          static_assert(f_returns_a_range,
                        "leat: stateful_flat_map(name, f): f must return a range of results, such as a std::vector; for "
                        "exactly one use stateful_map");
          if constexpr (!f_returns_a_range)
            return stream<poison>{};
          else {
            using W = record_made_of<element_of_range<range>>;
            return append_stateful<W>(std::forward<S>(up), stateful_flat_map_logic<state, V, W, F>{std::move(self.f_)},
                                      step_info("stateful_flat_map", self.name_));
          }
        }
      }
    }
  }

 private:
  step_name name_;
  F f_;
};

}  // namespace detail

/// Any number of results for each value, with the state of the value's key: `f(std::optional<State>& state, value) ->
/// range`. Otherwise as stateful_map.
template <class State = void, class F>
detail::stateful_flat_map_step<State, F> stateful_flat_map(step_name name, F f) {
  return {std::move(name), std::move(f)};
}
template <class State = void, class F>
detail::nameless_step stateful_flat_map(F const&) {
  return {};
}

}  // namespace leat

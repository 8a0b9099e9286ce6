// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/memory.hpp>
#include <leat/state/kept_state.hpp>
#include <leat/state/state_function.hpp>
#include <leat/state/stateful_stage.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// What can be asked of a function `F` that keeps a state and is to be called with values of `V`. After an answer that
/// is no, the next ones are yes: a wrong function gets one sentence.
template <class Given, class F, class V>
struct asked_of_state_function {
  using state = state_type<Given, F>;
  static constexpr bool state_type_is_known = !std::is_void_v<state>;
  static constexpr bool state_has_a_codec = [] {
    if constexpr (state_type_is_known)
      return has_codec<state>;
    else
      return true;
  }();
  static constexpr bool may_be_called = [] {
    if constexpr (state_type_is_known && state_has_a_codec)
      return edits_state<F, state, V> || returns_state<F, state, V>;
    else
      return false;
  }();
  static constexpr bool f_takes_state_and_value = may_be_called || !state_type_is_known || !state_has_a_codec;
  static auto result_of_call() {
    if constexpr (may_be_called)
      return std::type_identity<result_with_state<F, state, V>>{};
    else
      return std::type_identity<poison>{};
  }
  using result = typename decltype(result_of_call())::type;
};

/// `Kind` is the operator: it sends on what `F` returned.
template <class Kind, class S, class V, class F>
struct state_function_logic {
  using state = kept_state<S>;
  using saved = S;
  static saved const& save(state const& kept) { return saved_state_of<S>(kept); }
  static state load(saved&& from) { return std::move(from); }

  template <class Cell, class K, class Emit>
  void on_value(Cell& entry, K&& key, V&& value, Emit& emit_record) {
    with_state<S>(entry, [&](std::optional<S>& kept) {
      if constexpr (edits_state<F, S, V>) {
        Kind::send(f(kept, std::move(value)), std::forward<K>(key), emit_record);
      } else {
        auto result = f(std::move(kept), std::move(value));
        Kind::send(std::move(result.second), std::forward<K>(key),
                   emit_record);  // first: it may be a view of the state
        kept = std::move(result.first);
      }
    });
  }

  F f;
};

/// A step that calls `F` with the state of a value's key and the value. `Kind` has the operator's name, the sentences
/// that refuse a function (a static_assert can say no other text than its own), the value of the stream behind the
/// step, and `send`.
template <class Kind, class Given, class F>
class state_function_step {
 public:
  state_function_step(step_name name, F f) : name_(std::move(name)), f_(std::move(f)) {}

  template <a_stream S>
  friend auto operator|(S&& up, state_function_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      using V = value_of_pair<record_of<S>>;
      using asked = asked_of_state_function<Given, F, V>;
      if constexpr (!Kind::template accepts<asked>())
        return stream<poison>{};
      else
        return append_stateful<typename Kind::template value_made<typename asked::result>>(
            std::forward<S>(up), state_function_logic<Kind, typename asked::state, V, F>{std::move(self.f_)},
            step_info(Kind::name, self.name_, memory_of<F>));
    }
  }

 private:
  template <class Step>
  friend class or_else_step;

  step_name name_;
  F f_;
};

}  // namespace leat::detail

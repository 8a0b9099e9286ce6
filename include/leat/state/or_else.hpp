// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/op/or_else.hpp>
#include <leat/state/state_function_step.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// `or_else` around the steps that call a function with a state.
namespace leat::detail {

/// A value that a function threw at, on its way from the stateful step to the errors stream.
template <class V>
struct failed_value {
  V value;
  std::string error;
};

/// Calls `F` with a state and a value, in the form that the stateful step expects of a function. Where `F` throws, the
/// state is what it was before.
template <class Kind, class S, class V, class W, class F>
class tried_with_state {
  using outcome = std::variant<W, failed_value<V>>;

 public:
  explicit tried_with_state(F f) : f_(std::move(f)) {}

  auto operator()(std::optional<S>& state, V&& value) {
    std::optional<S> before(state);
    collected results;
    try {
      call(state, V(value), results);
    } catch (...) {
      state = std::move(before);
      results.outcomes.clear();
      results.outcomes.emplace_back(failed_value<V>{std::move(value), text_of_current_exception()});
    }
    if constexpr (Kind::gives_one)
      return outcome(std::move(results.outcomes.front()));
    else
      return std::move(results.outcomes);
  }

 private:
  struct collected {
    template <class K, class Result>
    void operator()(K const&, Result&& result) {
      outcomes.emplace_back(std::in_place_index<0>, std::forward<Result>(result));
    }
    std::vector<outcome> outcomes;
  };

  void call(std::optional<S>& state, V&& value, collected& results) {
    bool const no_key = false;
    if constexpr (edits_state<F, S, V>) {
      Kind::send(f_(state, std::move(value)), no_key, results);
    } else {
      auto result = f_(std::move(state), std::move(value));
      Kind::send(std::move(result.second), no_key, results);
      state = std::move(result.first);
    }
  }

  F f_;
};

/// Sends results one way and failed values the other.
template <class K, class V, class W>
class outcome_by_kind {
 public:
  void bind(step_context const&) {}
  void begin_batch() {}

  template <class Results, class OnError>
  void operator()(std::pair<K, std::variant<W, failed_value<V>>> record, Results& results, OnError&& on_error) {
    if (record.second.index() == 0)
      results(std::pair<K, W>(std::move(record.first), std::get<0>(std::move(record.second))));
    else {
      failed_value<V>& failure = std::get<1>(record.second);
      on_error(std::pair<K, V>(std::move(record.first), std::move(failure.value)), std::move(failure.error));
    }
  }
};

template <class Kind, class Given, class F>
class or_else_step<state_function_step<Kind, Given, F>> {
  using inner = state_function_step<Kind, Given, F>;

 public:
  explicit or_else_step(inner step) : step_(std::move(step)) {}

  template <a_stream S>
  friend auto operator|(S&& up, or_else_step self) {
    return std::move(self).follow(std::forward<S>(up));
  }

 private:
  template <class S>
  auto follow(S&& up) && {
    using usual = record_of<decltype(std::declval<S>() | std::declval<inner>())>;  // refuses what it refuses alone
    if constexpr (not_there<usual>)
      return with_errors<poison, poison>{};
    else {
      using K = key_of_pair<record_of<S>>;
      using V = value_of_pair<record_of<S>>;
      using W = value_of_pair<usual>;
      using state = state_type<Given, F>;
      constexpr bool value_and_state_can_be_copied =
          std::is_copy_constructible_v<V> && std::is_copy_constructible_v<state>;
      static_assert(
          value_and_state_can_be_copied,
          "leat: or_else(step): the values and the state of the step must be copyable: a value that the function "
          "throws at goes to the errors stream, and its key's state is put back");
      if constexpr (!value_and_state_can_be_copied)
        return with_errors<poison, poison>{};
      else {
        using function = tried_with_state<Kind, state, V, W, F>;
        graph& in = stream_access::graph_of(up);
        stream outcomes = std::forward<S>(up) |
                          state_function_step<Kind, state, function>(step_.name_, function(std::move(step_.f_)));
        port const from = stream_access::seal(outcomes);
        step_info split("or_else", step_name::by_position(step_.name_.location));
        in.name_step(split);
        std::string const name = in.at(from).step().name;
        port const at =
            finish(std::move(outcomes),
                   to_or_else<std::pair<K, W>, std::pair<K, V>, outcome_by_kind<K, V, W>>(name, {}), std::move(split));
        return with_errors<std::pair<K, W>, std::pair<K, V>>{
            stream_access::make<std::pair<K, W>>(in, {at.node, 0}),
            stream_access::make<failed_record<std::pair<K, V>>>(in, {at.node, 1})};
      }
    }
  }

  inner step_;
};

}  // namespace leat::detail

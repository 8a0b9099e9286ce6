// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/state/stateful.hpp>

#include <optional>
#include <span>
#include <utility>

namespace leat {
namespace detail {

/// As `stateful_item_logic`, but all values that a batch brings a key at once.
template <class Builder>
struct stateful_batch_logic : stateful_item_logic<Builder> {
  using stateful_item_logic<Builder>::stateful_item_logic;
  using V = typename built_by<Builder>::value;
  static constexpr bool by_groups = true;

  template <class Cell, class Emit>
  void on_values(Cell& entry, std::span<V> values, Emit& emit_record) {
    if (!entry.state()) entry.state().emplace(this->builder(std::nullopt));
    this->finish(entry, entry.key(), entry.state()->on_batch(values, this->collected), emit_record);
  }
};

template <class Builder>
class stateful_batch_step {
 public:
  stateful_batch_step(step_name name, Builder builder) : name_(std::move(name)), builder_(std::move(builder)) {}

  template <a_stream S>
  friend auto operator|(S&& up, stateful_batch_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      constexpr bool builder_makes_a_logic = builds_logic<Builder>;
      static_assert(
          builder_makes_a_logic,
          "leat: stateful_batch(name, builder): builder(std::optional<State>) must return an object whose class "
          "derives from leat::stateful_logic<Value, Result, State>");
      if constexpr (!builder_makes_a_logic)
        return stream<poison>{};
      else {
        using logic = built_by<Builder>;
        constexpr bool logic_takes_the_values = takes_batch<logic, value_of_pair<record_of<S>>>;
        static_assert(logic_takes_the_values,
                      "leat: stateful_batch(name, builder): the logic needs on_batch(std::span<Value>, results&) -> "
                      "leat::retention, for the value type of the keyed stream before it");
        constexpr bool state_has_a_codec = has_codec<typename logic::state>;
        static_assert(
            state_has_a_codec,
            "leat: stateful_batch(name, builder): the logic's State has no codec, so it cannot be kept over a "
            "restart. Give it template <class A> void serialize(A&, unsigned), or use a type that has one");
        constexpr bool logic_gives_its_state = gives_its_state<logic>;
        static_assert(logic_gives_its_state,
                      "leat: stateful_batch(name, builder): the logic needs State snapshot() const, from which "
                      "builder(State) makes an equal logic after a restart");
        constexpr bool result_owns_what_it_shows = !shows_what_another_owns<typename logic::result>;
        static_assert(
            result_owns_what_it_shows,
            "leat: stateful_batch(name, builder): the logic's Result is a view of what another owns, which the record "
            "would outlive: use what owns it, such as a std::string or a std::vector");
        if constexpr (!logic_takes_the_values || !state_has_a_codec || !logic_gives_its_state ||
                      !result_owns_what_it_shows)
          return stream<poison>{};
        else
          return append_stateful<typename logic::result>(std::forward<S>(up),
                                                         stateful_batch_logic<Builder>(std::move(self.builder_)),
                                                         step_info("stateful_batch", self.name_));
      }
    }
  }

 private:
  step_name name_;
  Builder builder_;
};

}  // namespace detail

/// The full protocol for the values of one key that came together: as `stateful`, with `on_batch(std::span<Value>,
/// logic_results<Result>&)` instead of `on_item`. How many values a batch has depends on how the flow is run; a logic
/// whose results do not is the user's to write.
template <class Builder>
detail::stateful_batch_step<Builder> stateful_batch(step_name name, Builder builder) {
  return {std::move(name), std::move(builder)};
}
template <class Builder>
detail::incomplete_step<Builder> stateful_batch(Builder const&) {
  return {};
}
template <class Builder, detail::names_a_step Name>
  requires(!detail::names_a_step<Builder>)
detail::name_comes_first stateful_batch(Builder const&, Name const&) {
  return {};
}

}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/memory.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/time/session.hpp>
#include <leat/time/window_logic.hpp>
#include <leat/time/window_step.hpp>

#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class Builder>
struct window_functions {
  static constexpr after_restart memory = memory_of<Builder>;
  explicit window_functions(Builder b) : builder(std::move(b)) {}
  Builder builder;
};

struct logic_windows {
  static constexpr char const* name = "window";

  template <bool Silent>
  static consteval void say_what_it_takes() {
    constexpr bool window_has_what_it_needs = Silent;
    static_assert(
        window_has_what_it_needs,
        "leat: window(name, clock, windower, builder): leat::unordered may follow; leat::counting(n) stands in "
        "the place of clock and windower");
  }

  template <class Functions, class V, class Windower, bool Ordered>
  static consteval bool accepts() {
    return accepts_builder<V, Windower, Ordered>(static_cast<Functions*>(nullptr));
  }
  template <class V, class Windower, bool Ordered, class Builder>
  static consteval bool accepts_builder(window_functions<Builder>*) {
    constexpr bool builder_makes_a_logic = builds_logic<Builder>;
    static_assert(builder_makes_a_logic,
                  "leat: window(name, clock, windower, builder): builder(std::optional<State>) must return an object "
                  "whose class derives from leat::window_logic<Value, Result, State>");
    if constexpr (!builder_makes_a_logic)
      return false;
    else {
      using logic = built_by<Builder>;
      constexpr bool logic_takes_the_value = takes_window_value<logic, V>;
      static_assert(logic_takes_the_value,
                    "leat: window(name, clock, windower, builder): the logic needs on_value(value, "
                    "logic_results&), for the value type of the keyed stream before it");
      constexpr bool logic_gives_its_state = gives_its_state<logic>;
      static_assert(logic_gives_its_state,
                    "leat: window(name, clock, windower, builder): the logic needs State snapshot() const, from which "
                    "builder(State) makes an equal logic after a restart");
      constexpr bool logic_merges_sessions =
          Ordered || !std::is_same_v<Windower, leat::session> || merges_windows<logic>;
      static_assert(logic_merges_sessions,
                    "leat: window(name, clock, session(gap), builder, leat::unordered): a late value may make one "
                    "session of two, so the logic needs on_merge(logic&& later, logic_results&)");
      constexpr bool result_owns_what_it_shows = !shows_what_another_owns<typename logic::result>;
      static_assert(result_owns_what_it_shows,
                    "leat: window(name, clock, windower, builder): the logic's Result is a view of what another owns, "
                    "which the record would outlive: use what owns it, such as a std::string or a std::vector");
      return logic_takes_the_value && logic_gives_its_state && logic_merges_sessions && result_owns_what_it_shows;
    }
  }

  template <class V, class Builder>
  static auto content(window_functions<Builder> functions) {
    return logic_content<Builder>(std::move(functions.builder));
  }
};

template <class Clock, class Windower, class Builder, class... Options>
auto logic_window_step(step_name name, Clock clock, Windower windower, Builder builder, Options...) {
  return window_step<logic_windows, order_wanted<!std::is_same_v<Windower, counting>, Options...>, Clock, Windower,
                     window_functions<Builder>>(std::move(name), std::move(clock), std::move(windower),
                                                window_functions<Builder>(std::move(builder)));
}

}  // namespace detail

/// The full protocol for the windows of a key: `builder(std::optional<State>)` makes the object that one window has, of
/// a class derived from `leat::window_logic`. See there. Values are applied in the order of their times, unless
/// `leat::unordered` follows. A struct of three streams is returned, `windowed`. `counting(n)` may stand in the place
/// of clock and windower.
template <class Clock, class Windower, class Builder, class... Options>
  requires(!detail::is_counting<Clock> && (detail::is_window_option<Options> && ...))
auto window(step_name name, Clock clock, Windower windower, Builder builder, Options... options) {
  return detail::logic_window_step(std::move(name), std::move(clock), std::move(windower), std::move(builder),
                                   options...);
}
template <class Builder, class... Options>
  requires(detail::is_window_option<Options> && ...)
auto window(step_name name, counting windower, Builder builder, Options... options) {
  return detail::logic_window_step(std::move(name), detail::no_clock(), windower, std::move(builder), options...);
}
template <class First, class... More>
  requires(!std::is_convertible_v<First, step_name>)
detail::nameless_window_step window(First const&, More const&...) {
  return {};
}
template <detail::names_a_step Name, class... Given>
  requires(!detail::has_enough<3, Given...>)
detail::incomplete_window_step<detail::logic_windows> window(Name const&, Given const&...) {
  return {};
}

}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/state/stateful_logic.hpp>
#include <leat/time/moment.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat {

/// Base of a key's logic for `stateful_timed`: what kind of value comes, what kind of result goes, what the state is
/// that a restart begins from. Override by hiding, nothing is virtual:
///  - `retention on_item(Value, moment at, logic_results<Result>&)`: a value of that time, which is not late. Values
///    come in the order in which they arrive;
///  - `std::optional<moment> alarm_at() const`: asked after each call; a later answer replaces an earlier one;
///  - `retention on_time(moment alarm, logic_results<Result>&)`: the bound of the key's clock has reached the time that
///    `alarm_at` gave. No value that is older will come. It is called once for an alarm: the next one is later;
///  - `std::optional<wall_time> notify_at() const`: the same by the wall clock, which no replay repeats;
///  - `retention on_notify(logic_results<Result>&)`: the time that `notify_at` gave has come;
///  - `retention on_eof(logic_results<Result>&)`: the input has ended. Alarms that are out do not ring;
///  - `State snapshot() const`: what `builder(State)` makes an equal logic of.
/// All calls are on the worker that owns the key. `retention::discard` drops the state: the key's next value begins
/// anew.
template <class Value, class Result, class State>
struct timed_logic {
  /// What comes in.
  using value = Value;
  /// What goes out.
  using result = Result;
  /// What a snapshot of it is.
  using state = State;

  /// Called when the time of the alarm has come. Keeps the state unless overridden.
  retention on_time(moment, logic_results<Result>&) { return retention::retain; }
  /// Called when the input has ended, and not when the run is stopped. Keeps the state unless overridden.
  retention on_eof(logic_results<Result>&) { return retention::retain; }
  /// Called once the time of `notify_at()` has come. Keeps the state unless overridden.
  retention on_notify(logic_results<Result>&) { return retention::retain; }
  /// When to be called by `on_notify`. Never, unless overridden.
  std::optional<wall_time> notify_at() const { return std::nullopt; }
  /// When to be called by `on_time`. Never, unless overridden.
  std::optional<moment> alarm_at() const { return std::nullopt; }
};

namespace detail {

/// Whether the logic has a `notify_at` of its own: one without need not be asked.
template <class Logic>
inline constexpr bool waits_for_the_wall = [] {
  using inherited = timed_logic<typename Logic::value, typename Logic::result, typename Logic::state>;
  if constexpr (requires { &Logic::notify_at; })
    return !std::is_same_v<decltype(&Logic::notify_at), decltype(&inherited::notify_at)>;
  else
    return true;
}();

template <class Logic, class V>
concept takes_timed_item = std::same_as<typename Logic::value, V> &&
                           requires(Logic& logic, V&& value, moment at, logic_results<typename Logic::result>& out) {
                             { logic.on_item(std::move(value), at, out) } -> std::same_as<retention>;
                           };

}  // namespace detail
}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/state/stateful_logic.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat {

/// Base of the logic of one window for `window`: what kind of value comes, what kind of result goes, what the state is
/// that a restart begins from. Override by hiding, nothing is virtual:
///  - `void on_value(Value, logic_results<Result>&)`: a value of the window. Its results are `window_reason::early`, or
///    of a window that has closed and takes corrections, `window_reason::correction`;
///  - `void on_merge(Logic&& later, logic_results<Result>&)`: this window and a later one are one window from now on.
///    Only where the windower merges: sessions whose values are not ordered;
///  - `void on_close(logic_results<Result>&)`: the window closes, or the input has ended. The object is destroyed then.
///    Where windows take corrections, it is that of an equal logic, which `builder(snapshot())` makes for each result;
///  - `State snapshot() const`: what `builder(State)` makes an equal logic of.
/// All calls are on the worker that owns the key.
template <class Value, class Result, class State>
struct window_logic {
  /// What comes in.
  using value = Value;
  /// What goes out.
  using result = Result;
  /// What a snapshot of it is.
  using state = State;

  /// Called when the window closes. Says nothing unless overridden.
  void on_close(logic_results<Result>&) {}
};

namespace detail {

template <class Logic, class V>
concept takes_window_value = std::same_as<typename Logic::value, V> &&
                             requires(Logic& logic, V&& value, logic_results<typename Logic::result>& out) {
                               logic.on_value(std::move(value), out);
                             };
template <class Logic>
concept merges_windows = requires(Logic& logic, Logic&& later, logic_results<typename Logic::result>& out) {
  logic.on_merge(std::move(later), out);
};

/// One logic for each window.
template <class Builder>
struct logic_content {
  using kept = built_by<Builder>;
  using value = typename kept::value;
  using result = typename kept::result;
  using saved = typename kept::state;
  static constexpr bool merges = merges_windows<kept>;

  explicit logic_content(Builder b) : builder(std::move(b)) {}

  void begin_batch(wall_time wall) { collected.set_now(wall); }

  template <class Say>
  kept begin(value&& first, Say& say) {
    kept logic(builder(std::nullopt));
    add(logic, std::move(first), say);
    return logic;
  }
  template <class Say>
  void add(kept& logic, value&& next, Say& say) {
    logic.on_value(std::move(next), collected);
    collected.send(say);
  }
  template <class Say>
  void merge(kept& earlier, kept&& later, Say& say) {
    earlier.on_merge(std::move(later), collected);
    collected.send(say);
  }
  template <class Say>
  void close(kept&& logic, Say& say) {
    logic.on_close(collected);
    collected.send(say);
  }
  saved save(kept const& logic) const { return logic.snapshot(); }
  kept load(saved&& from) { return builder(std::optional<saved>(std::move(from))); }

  Builder builder;
  logic_results<result> collected;
};

}  // namespace detail
}  // namespace leat

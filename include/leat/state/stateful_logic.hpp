// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/op/function/narrows.hpp>
#include <leat/op/running/time_points.hpp>

#include <concepts>
#include <exception>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace leat {

/// What becomes of a key's state after a call of its logic.
enum class retention { retain, discard };

/// Where a logic puts its results: `out(result)`, the key is added behind it; and where it learns the time.
template <class W>
class logic_results {
 public:
  logic_results() = default;
  /// Each worker's copy of a step begins without results, which perhaps cannot be copied.
  logic_results(logic_results const& other) : now_(other.now_) {}
  logic_results& operator=(logic_results const&) = delete;
  ~logic_results() = default;

  /// Passes on a result for the key of this call, made of `result`. On the worker's thread.
  template <class X>
  void operator()(X&& result) {
    detail::refuse_to_narrow<W, X>();
    try {
      results_.push(std::forward<X>(result));
    } catch (...) {
      failure_ = std::current_exception();
      throw;
    }
  }

  /// The time by the worker's clock, which tests set; the same throughout a batch.
  wall_time now() const { return now_; }
  /// Called by leat before each call of a logic, and by tests of one.
  void set_now(wall_time now) { now_ = now; }

  /// Throws when a result could not be put here, although the logic caught that.
  template <class Send>
  void send(Send&& to) {
    if (failure_) std::rethrow_exception(failure_);
    for (W& record : results_) to(std::move(record));
    results_.clear();
  }

 private:
  wall_time now_;
  detail::buffer<W> results_;
  std::exception_ptr failure_;
};

/// Base of a key's logic for `stateful` and `stateful_batch`: what kind of value comes, what kind of result goes, what
/// the state is that a restart begins from. Override by hiding, nothing is virtual:
///  - `retention on_item(Value, logic_results<Result>&)`, or for stateful_batch `retention on_batch(std::span<Value>,
///    logic_results<Result>&)`;
///  - `retention on_notify(logic_results<Result>&)`: the time that `notify_at` gave has come;
///  - `retention on_eof(logic_results<Result>&)`: the input has ended, for good in this run;
///  - `std::optional<wall_time> notify_at() const`: asked after each of these calls; none cancels. A time that has come
///    already is answered by `on_notify` at once, and, if it is wanted again, once in each turn of the worker. What is
///    to come is waited for by the steady clock, so that setting the system's clock changes no wait that has begun:
///    then `on_notify` comes though `now()` is not that time yet, and one that is wanted again is waited for anew;
///  - `State snapshot() const`: what `builder(State)` makes an equal logic of. It is asked between two calls of the
///    others, when the state is saved.
/// All calls are on the worker that owns the key. `retention::discard` drops the state: the key's next value begins
/// anew.
template <class Value, class Result, class State>
struct stateful_logic {
  /// What comes in.
  using value = Value;
  /// What goes out.
  using result = Result;
  /// What a snapshot of it is.
  using state = State;

  /// Called once the time of `notify_at()` has come. Keeps the state unless overridden.
  retention on_notify(logic_results<Result>&) { return retention::retain; }
  /// Called when the input has ended, and not when the run is stopped. Keeps the state unless overridden.
  retention on_eof(logic_results<Result>&) { return retention::retain; }
  /// When to be called by `on_notify`; asked after every call. Never, unless overridden.
  std::optional<wall_time> notify_at() const { return std::nullopt; }
};

namespace detail {

template <class Builder>
using built_by = std::remove_cvref_t<decltype(std::declval<Builder&>()(std::nullopt))>;

template <class Builder>
concept builds_logic = requires(Builder& builder) {
  builder(std::nullopt);
  typename built_by<Builder>::value;
  typename built_by<Builder>::result;
  typename built_by<Builder>::state;
};

template <class Logic>
concept gives_its_state = requires(Logic const& logic) {
  { logic.snapshot() } -> std::convertible_to<typename Logic::state>;
};

/// Whether the logic has a `notify_at` of its own: one without need not be asked, and its keys keep no times.
template <class Logic>
inline constexpr bool asks_for_notifications = [] {
  using inherited = stateful_logic<typename Logic::value, typename Logic::result, typename Logic::state>;
  if constexpr (requires { &Logic::notify_at; })
    return !std::is_same_v<decltype(&Logic::notify_at), decltype(&inherited::notify_at)>;
  else
    return true;
}();

template <class Logic, class V>
concept takes_item = std::same_as<typename Logic::value, V> &&
                     requires(Logic& logic, V&& value, logic_results<typename Logic::result>& out) {
                       { logic.on_item(std::move(value), out) } -> std::same_as<retention>;
                     };

template <class Logic, class V>
concept takes_batch = std::same_as<typename Logic::value, V> &&
                      requires(Logic& logic, std::span<V> values, logic_results<typename Logic::result>& out) {
                        { logic.on_batch(values, out) } -> std::same_as<retention>;
                      };

}  // namespace detail
}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/memory.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/time/timed_logic.hpp>
#include <leat/time/timed_step.hpp>
#include <leat/time/window_lengths.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace leat {
namespace detail {

/// One object of the user's for each key, with the alarm that it waits for.
template <class Builder>
class timed_objects {
  using user = built_by<Builder>;
  using results = logic_results<typename user::result>;

 public:
  struct content_type {
    using value = typename user::value;
    void begin_batch(wall_time wall) { collected.set_now(wall); }
    results collected;
  };
  using state = std::optional<user>;

  /// An alarm comes before the values that are not older than it.
  static constexpr bool closes_first = true;

  explicit timed_objects(Builder builder) : builder_(std::move(builder)) {}

  content_type& content() { return content_; }

  template <class Outlet>
  void put(state& of_key, moment at, typename user::value&& value, bool, Outlet& outlet) {
    if (!of_key) of_key.emplace(builder_(std::nullopt));
    finish(of_key, of_key->on_item(std::move(value), at, content_.collected), outlet);
  }
  /// What is late has no window.
  template <class F>
  void each_of(moment, F&&) const {}

  template <class Outlet>
  void close(state& of_key, moment bound, Outlet& outlet) {
    for (moment alarm = next_close(of_key); alarm <= bound && alarm != (moment::max)();) {
      finish(of_key, of_key->on_time(alarm, content_.collected), outlet);
      moment const next = next_close(of_key);
      if (next <= alarm)
        throw std::logic_error(
            "alarm_at() gives a time again that on_time was called for, or an earlier one: it must "
            "give a later one, or none");
      alarm = next;
    }
  }
  template <class Outlet>
  void end(state& of_key, Outlet& outlet) {
    if (of_key) finish(of_key, of_key->on_eof(content_.collected), outlet);
  }

  moment next_close(state const& of_key) const {
    return of_key ? std::optional<moment>(of_key->alarm_at()).value_or((moment::max)()) : (moment::max)();
  }
  bool empty(state const& of_key) const { return !of_key; }

  /// Alarms may be out for any time: a millisecond of the stream is told apart, a quarter of a second of waiting, and
  /// waiting is watched closely for a day.
  moment next_after(moment at) const { return next_step_after(at, std::chrono::nanoseconds(0)); }
  window_lengths lengths(moment) const { return {std::chrono::seconds(16), std::chrono::hours(24)}; }

  moment notify_at(state const& of_key) const
    requires(waits_for_the_wall<user>)
  {
    std::optional<wall_time> const wanted = of_key ? of_key->notify_at() : std::nullopt;
    return wanted ? moment_of(*wanted) : (moment::max)();
  }
  template <class Outlet>
  void notify(state& of_key, moment wall, Outlet& outlet)
    requires(waits_for_the_wall<user>)
  {
    if (notify_at(of_key) <= wall && of_key) finish(of_key, of_key->on_notify(content_.collected), outlet);
  }

  struct saved {
    std::optional<typename user::state> of_key;

    void mark_spoken() {}
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & of_key;
    }
  };
  template <class Archive>
  void save(Archive& archive, state const& of_key) const {
    std::optional<typename user::state> kept;
    if (of_key) kept.emplace(of_key->snapshot());
    archive & kept;
  }
  state load(saved&& from) {
    state of_key;
    if (from.of_key) of_key.emplace(builder_(std::move(from.of_key)));
    return of_key;
  }

 private:
  template <class Outlet>
  void finish(state& of_key, retention then, Outlet& outlet) {
    content_.collected.send(outlet);
    if (then == retention::discard) of_key.reset();
  }

  Builder builder_;
  content_type content_;
};

template <class Builder, class V>
consteval bool makes_timed_logic() {
  constexpr bool builder_makes_a_logic = builds_logic<Builder>;
  static_assert(builder_makes_a_logic,
                "leat: stateful_timed(name, clock, builder): builder(std::optional<State>) must return an object whose "
                "class derives from leat::timed_logic<Value, Result, State>");
  if constexpr (!builder_makes_a_logic)
    return false;
  else {
    using logic = built_by<Builder>;
    constexpr bool logic_takes_the_value = takes_timed_item<logic, V>;
    static_assert(logic_takes_the_value,
                  "leat: stateful_timed(name, clock, builder): the logic needs on_item(value, leat::moment, "
                  "logic_results&) -> leat::retention, for the value type of the keyed stream before it");
    constexpr bool state_has_a_codec = has_codec<typename logic::state>;
    static_assert(
        state_has_a_codec,
        "leat: stateful_timed(name, clock, builder): the logic's State has no codec, so it cannot be kept over "
        "a restart. Give it template <class A> void serialize(A&, unsigned), or use a type that has one");
    constexpr bool logic_gives_its_state = gives_its_state<logic>;
    static_assert(logic_gives_its_state,
                  "leat: stateful_timed(name, clock, builder): the logic needs State snapshot() const, from which "
                  "builder(State) makes an equal logic after a restart");
    constexpr bool result_owns_what_it_shows = !shows_what_another_owns<typename logic::result>;
    static_assert(
        result_owns_what_it_shows,
        "leat: stateful_timed(name, clock, builder): the logic's Result is a view of what another owns, which "
        "the record would outlive: use what owns it, such as a std::string or a std::vector");
    return logic_takes_the_value && state_has_a_codec && logic_gives_its_state && result_owns_what_it_shows;
  }
}

template <class Clock, class Builder>
class stateful_timed_step {
 public:
  stateful_timed_step(step_name name, Clock clock, Builder builder)
      : name_(std::move(name)), clock_(std::move(clock)), builder_(std::move(builder)) {
    refuse_windows("stateful_timed", name_, refusal_of(clock_), {});
  }

  template <a_stream S>
  friend auto operator|(S&& up, stateful_timed_step self) {
    if constexpr (!can_meet_state<S>())
      return refused_timed{refused(up), {}};
    else {
      using V = value_of_pair<record_of<S>>;
      if constexpr (!clock_fits<Clock, V>() || !makes_timed_logic<Builder, V>())
        return refused_timed{};
      else
        return append_timed<typename built_by<Builder>::result>(
            std::forward<S>(up), std::move(self.clock_), timed_objects<Builder>(std::move(self.builder_)), {},
            step_info("stateful_timed", self.name_, memory_of<Builder>), self.name_);
    }
  }

 private:
  step_name name_;
  Clock clock_;
  Builder builder_;
};

}  // namespace detail

/// The full protocol for one key at a time by event time: `builder(std::optional<State>)` makes the object that holds a
/// key's state, of a class derived from `leat::timed_logic`, which is told the time of each value and may ask to be
/// called when the key's clock has reached a time. See there. A value is late, and in `late`, when it is older than the
/// bound of the clock. A struct of two streams is returned, `with_late`.
template <class Clock, class Builder>
detail::stateful_timed_step<Clock, Builder> stateful_timed(step_name name, Clock clock, Builder builder) {
  return {std::move(name), std::move(clock), std::move(builder)};
}

}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/state/stateful_logic.hpp>
#include <leat/state/stateful_stage.hpp>

#include <optional>
#include <utility>

namespace leat {
namespace detail {

/// One value at a time through the user's logic. The table keeps the logic object itself.
template <class Builder>
struct stateful_item_logic {
  using user = built_by<Builder>;
  using state = std::optional<user>;
  using saved = typename user::state;
  using V = typename user::value;

  static saved save(state const& kept) { return kept->snapshot(); }
  state load(saved&& from) {
    state loaded;
    loaded.emplace(builder(std::optional<saved>(std::move(from))));
    return loaded;
  }

  void bind(step_context const& step) { worker = step.worker; }
  void begin_batch() { collected.set_now(worker->wall()); }

  template <class Cell, class K, class Emit>
  void on_value(Cell& entry, K const& key, V&& value, Emit& emit_record) {
    if (!entry.state()) entry.state().emplace(builder(std::nullopt));
    finish(entry, key, entry.state()->on_item(std::move(value), collected), emit_record);
  }
  template <class Cell, class Emit>
  void on_end(Cell& entry, Emit& emit_record) {
    finish(entry, entry.key(), entry.state()->on_eof(collected), emit_record);
  }
  std::optional<wall_time> notify_at(state const& s) const
    requires(asks_for_notifications<user>)
  {
    return s->notify_at();
  }
  template <class Cell, class Emit>
  void on_notify(Cell& entry, Emit& emit_record) {
    finish(entry, entry.key(), entry.state()->on_notify(collected), emit_record);
  }

  template <class Cell, class K, class Emit>
  void finish(Cell& entry, K const& key, retention then, Emit& emit_record) {
    collected.send([&](typename user::result&& result) { emit_record(key, std::move(result)); });
    if (then == retention::discard) entry.forget();
  }

  explicit stateful_item_logic(Builder b) : builder(std::move(b)) {}
  Builder builder;
  worker_services* worker = nullptr;
  logic_results<typename user::result> collected;
};

template <class Builder>
class stateful_step {
 public:
  stateful_step(step_name name, Builder builder) : name_(std::move(name)), builder_(std::move(builder)) {}

  template <a_stream S>
  friend auto operator|(S&& up, stateful_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      constexpr bool builder_makes_a_logic = builds_logic<Builder>;
      static_assert(builder_makes_a_logic,
                    "leat: stateful(name, builder): builder(std::optional<State>) must return an object whose class "
                    "derives from leat::stateful_logic<Value, Result, State>");
      if constexpr (!builder_makes_a_logic)
        return stream<poison>{};
      else {
        using logic = built_by<Builder>;
        constexpr bool logic_takes_the_value = takes_item<logic, value_of_pair<record_of<S>>>;
        static_assert(
            logic_takes_the_value,
            "leat: stateful(name, builder): the logic needs on_item(value, logic_results&) -> leat::retention, for the "
            "value type of the keyed stream before it");
        constexpr bool state_has_a_codec = has_codec<typename logic::state>;
        static_assert(
            state_has_a_codec,
            "leat: stateful(name, builder): the logic's State has no codec, so it cannot be kept over a restart. "
            "Give it template <class A> void serialize(A&, unsigned), or use a type that has one");
        constexpr bool logic_gives_its_state = gives_its_state<logic>;
        static_assert(
            logic_gives_its_state,
            "leat: stateful(name, builder): the logic needs State snapshot() const, from which builder(State) "
            "makes an equal logic after a restart");
        constexpr bool result_owns_what_it_shows = !shows_what_another_owns<typename logic::result>;
        static_assert(
            result_owns_what_it_shows,
            "leat: stateful(name, builder): the logic's Result is a view of what another owns, which the record "
            "would outlive: use what owns it, such as a std::string or a std::vector");
        if constexpr (!logic_takes_the_value || !state_has_a_codec || !logic_gives_its_state ||
                      !result_owns_what_it_shows)
          return stream<poison>{};
        else
          return append_stateful<typename logic::result>(std::forward<S>(up),
                                                         stateful_item_logic<Builder>(std::move(self.builder_)),
                                                         step_info("stateful", self.name_));
      }
    }
  }

 private:
  step_name name_;
  Builder builder_;
};

}  // namespace detail

/// The full protocol for one key at a time: `builder(std::optional<State>)` makes the object that holds a key's state,
/// a class derived from `leat::stateful_logic`, whose `on_item` is called for each value. See there.
template <class Builder>
detail::stateful_step<Builder> stateful(step_name name, Builder builder) {
  return {std::move(name), std::move(builder)};
}
template <class Builder>
detail::incomplete_step<Builder> stateful(Builder const&) {
  return {};
}
template <class Builder, detail::names_a_step Name>
  requires(!detail::names_a_step<Builder>)
detail::name_comes_first stateful(Builder const&, Name const&) {
  return {};
}

}  // namespace leat

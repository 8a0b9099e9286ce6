// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_services.hpp>
#include <leat/state/keyed_state.hpp>
#include <leat/state/notifications.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

/// What the states of a step are kept in, with notifications and without.
namespace leat::detail {

template <class Logic>
concept has_notifications = requires(Logic& logic, typename Logic::state const& s) { logic.notify_at(s); };

/// How a table saves and loads the states of a logic.
template <class Logic>
class keep_for_logic {
  using state = typename Logic::state;

 public:
  using saved = typename Logic::saved;
  explicit keep_for_logic(Logic& logic) : logic_(&logic) {}
  state make() const { return state(); }
  decltype(auto) save(state const& kept) const { return logic_->save(kept); }
  state load(saved&& from) const { return logic_->load(std::move(from)); }

 private:
  Logic* logic_;
};

/// Without: the table as it is.
template <class K, class Logic>
class plain_states {
 public:
  using table_type = keyed_state<K, typename Logic::state, keep_for_logic<Logic>>;
  using stored = typename table_type::cell;
  using cell = stored;

  static cell& shown(stored& entry) { return entry; }
};

/// With: each state has its time beside it, and the logic is notified when that has come. A value whose key is due when
/// it has been met is followed by the notification at once.
template <class K, class Logic>
class notifier {
 public:
  using time_type =
      std::remove_cvref_t<decltype(*std::declval<Logic&>().notify_at(std::declval<typename Logic::state const&>()))>;
  using kept = notified_state<typename Logic::state, time_type>;
  /// Times are not saved: the logic says them again.
  class keep_without_times {
   public:
    using saved = typename Logic::saved;
    explicit keep_without_times(Logic& logic) : keep_(logic) {}
    kept make() const { return kept(); }
    decltype(auto) save(kept const& state) const { return keep_.save(state.state); }
    kept load(saved&& from) const { return kept{keep_.load(std::move(from)), {}, never, never}; }

   private:
    keep_for_logic<Logic> keep_;
  };
  using table_type = keyed_state<K, kept, keep_without_times>;
  using stored = typename table_type::cell;

  /// A key and its state, as the logic sees them.
  class cell {
   public:
    explicit cell(stored& entry) : entry_(&entry) {}
    K const& key() const { return entry_->key(); }
    typename Logic::state& state() const { return entry_->state().state; }
    bool fresh() const { return entry_->fresh(); }
    bool forgotten() const { return entry_->forgotten(); }
    void forget() const { entry_->forget(); }

   private:
    stored* entry_;
  };

  static cell shown(stored& entry) { return cell(entry); }

  /// Before a batch of values, and before a round.
  void sample(worker_services& worker) {
    now_ = worker.now();
    wall_ = worker.wall();
  }

  /// Of a table that was loaded: each key waits for the time that its state says.
  void schedule(Logic& logic, table_type& loaded) {
    loaded.for_each([&](K const& key, kept& state) {
      auto const wanted = logic.notify_at(std::as_const(state.state));
      if (!wanted) return;
      state.wanted = *wanted;
      state.due = due_at(*wanted);
      if (state.due != never) stand_under(state, state.due, key, key_hash(key));
    });
  }

  /// After the logic was given a value.
  template <class Emit>
  void settle(Logic& logic, stored& entry, std::uint64_t hash, Emit& emit_record) {
    if (is_due(logic, entry, hash)) notify(logic, entry, hash, emit_record);
  }

  /// Begins a round if none is under way.
  void open_round() {
    if (!caught_up_) return;
    schedule_.begin_round(now_);
    caught_up_ = schedule_.round_is_over();
  }

  /// Part of the round that is open, as long as `goes_on()`, which is asked after each key.
  template <class Emit, class GoesOn>
  void notify_some(Logic& logic, table_type& table, std::size_t most, Emit& emit_record, GoesOn&& goes_on) {
    for (bool more = true; more && most != 0 && !schedule_.round_is_over(); --most) {
      auto const first = schedule_.pop();
      table.if_known(first.hash, first.key, [&](stored& entry) { meet(logic, entry, first, emit_record); });
      more = goes_on();
    }
    caught_up_ = schedule_.round_is_over();
  }
  /// No round is open: nothing is due that has not been notified in this turn.
  bool caught_up() const { return caught_up_; }
  steady_time next() const { return caught_up_ ? schedule_.next() : (steady_time::min)(); }

  /// Between batches.
  void keep_small(table_type const& table) {
    if (!schedule_.crowded()) return;
    schedule_.thin_out([&](auto const& entry) {
      kept const* const state = table.find(entry.hash, entry.key);
      return state != nullptr && state->scheduled == entry.due;
    });
  }

 private:
  template <class Entry, class Emit>
  void meet(Logic& logic, stored& entry, Entry const& of, Emit& emit_record) {
    kept& state = entry.state();
    if (state.scheduled != of.due) return;
    leave(state);
    if (state.due == never) return;
    if (state.due > schedule_.round_began())
      stand_under(state, state.due, entry.key(), of.hash);
    else
      notify(logic, entry, of.hash, emit_record);
  }

  template <class Emit>
  void notify(Logic& logic, stored& entry, std::uint64_t hash, Emit& emit_record) {
    cell with(entry);
    logic.on_notify(with, emit_record);
    // By the clock on the wall, which may have been set back, the time that it wants again may be one to come.
    kept& state = entry.state();
    state.due = never;
    if (!is_due(logic, entry, hash)) return;
    leave(state);
    state.scheduled = schedule_.add_to_next_round(hash, entry.key());
    schedule_.one_more_key_waits();
  }

  /// Asks the logic what it wants now, and notes a time that is to come.
  bool is_due(Logic& logic, stored& entry, std::uint64_t hash) {
    kept& state = entry.state();
    if (entry.forgotten()) {
      leave(state);
      return false;
    }
    auto const wanted = logic.notify_at(std::as_const(state.state));
    if (!wanted) {
      state.due = never;
      return false;
    }
    if (state.due == never || state.wanted != *wanted) {
      state.wanted = *wanted;
      state.due = due_at(*wanted);
    }
    if (state.due <= now_) return true;
    // One that stands under an earlier time is found then, and put off: each value may put it off.
    if (state.due < state.scheduled) {
      leave(state);
      stand_under(state, state.due, entry.key(), hash);
    }
    return false;
  }

  void stand_under(kept& state, steady_time due, K const& key, std::uint64_t hash) {
    schedule_.add(due, hash, key);
    schedule_.one_more_key_waits();
    state.scheduled = due;
  }
  void leave(kept& state) {
    if (state.scheduled == never) return;
    schedule_.one_key_less_waits();
    state.scheduled = never;
  }

  steady_time due_at(steady_time at) const { return at; }
  steady_time due_at(wall_time at) const {
    if (at <= wall_) return now_;
    auto const ahead = at - wall_;
    return ahead < never - now_ ? now_ + std::chrono::duration_cast<steady_time::duration>(ahead) : never;
  }

  notifications<K> schedule_;
  steady_time now_{};
  wall_time wall_{};
  bool caught_up_ = true;
};

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/function/name_comes_first.hpp>
#include <leat/op/function/shown_record.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/mark_gate.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/by_key.hpp>
#include <leat/state/keyed_logic.hpp>
#include <leat/state/keyed_state.hpp>
#include <leat/state/notifier.hpp>
#include <leat/state/state_writer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

/// A step that meets each record with the state of its key, and calls its logic (keyed_logic.hpp).
namespace leat::detail {

template <class K, class V, class W, class Logic>
class stateful_stage final : public keyed_consumer<std::pair<K, V>>, public stage {
  using states = std::conditional_t<has_notifications<Logic>, notifier<K, Logic>, plain_states<K, Logic>>;
  using table = typename states::table_type;
  using stored = typename states::stored;
  using cell = typename states::cell;

  /// What logics call: `emit(key, result)`.
  struct results {
    explicit results(emitter<std::pair<K, W>>& to) : out(to) {}
    template <class Key, class R>
    void operator()(Key&& key, R&& result) {
      out(std::pair<K, W>(std::forward<Key>(key), std::forward<R>(result)));
    }
    emitter<std::pair<K, W>>& out;
  };
  static constexpr bool state_can_be_saved = table::saves;
  static_assert(
      state_can_be_saved,
      "leat: a step that keeps state: what is saved of a key and of its state must have a codec and a default "
      "constructor, since it is read back after a restart");
  static_assert(keyed_logic<Logic, cell, K, V, results>);
  static constexpr bool ends_with_results = acts_at_end<Logic, cell, results>;

 public:
  static constexpr auto describe_rows = described_row<K, table>();

  [[gnu::cold]] stateful_stage(Logic const& logic, worker_builder& worker, node const& described)
      : logic_(logic),
        step_(described.step(), worker.worker()),
        table_(worker.slot_owners().slots_of(worker.worker().index()), typename table::keeping(logic_)),
        snapshots_(worker, step_, table_, describe_rows),
        out_(worker.batch_size<std::pair<K, W>>()),
        emit_(out_) {
    worker.provide({described.id, 0}, out_.next());
    worker.counters.watch({described.id, 0}, counter_kind::keys, keys_);
    if constexpr (requires { logic_.bind(step_); }) logic_.bind(step_);
    if constexpr (has_notifications<Logic>)
      if (snapshots_.loads())
        guarded(step_, [&] {
          begin_batch();
          states_.schedule(logic_, table_);
        });
  }

  void take(std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count) override {
    guarded(step_, [&] {
      begin_batch();
      if constexpr (takes_groups<Logic>)
        take_groups(hashes, records, count);
      else
        take_each(hashes, records, count);
      if constexpr (has_notifications<Logic>) states_.keep_small(table_);
    });
    keys_.set(table_.keys());
    guarded(step_, [&] { out_.flush(); });
  }

  void arrive(mark arrived) override {
    guarded(step_, [&] { out_.flush(); });
    gate_.arrive(arrived);
    if (!ends_with_results || arrived.kind != mark_kind::end) pass();
  }

  void advance(stream_time time) override { out_.next().advance(time); }

  /// What is due comes before the values that came after it.
  bool ready() override {
    if constexpr (has_notifications<Logic>)
      if (!states_.caught_up()) return step_.no_room();
    return gate_.holds() ? step_.no_room() : out_.next().ready();
  }

  bool turn() override {
    if constexpr (ends_with_results)
      if (gate_.holds()) return end_some();
    if constexpr (has_notifications<Logic>) return notify_some();
    return false;
  }
  bool done() const override { return gate_.done(); }

  /// While the next step has no room there is nothing to wake up for.
  steady_time wake_at() override {
    if constexpr (has_notifications<Logic>)
      if (out_.next().ready()) return states_.next();
    return never;
  }

 private:
  static constexpr std::size_t portion = 2048;  ///< keys per turn, fewer where what they say finds no room

  void begin_batch() {
    if constexpr (requires { logic_.begin_batch(); }) logic_.begin_batch();
    if constexpr (has_notifications<Logic>) states_.sample(*step_.worker);
  }

  void take_each(std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count) {
    table_.visit(
        hashes, count, [records](std::size_t i) -> K const& { return records[i].first; },
        [&](stored& entry, std::size_t i) __attribute__((always_inline)) {
          guarded_for(step_, entry.key(), [&] {
            auto&& shown = states::shown(entry);
            logic_.on_value(shown, std::move(records[i].first), std::move(records[i].second), emit_);
            if constexpr (has_notifications<Logic>) states_.settle(logic_, entry, hashes[i], emit_);
          });
        });
  }

  /// All values that a batch has for one key, together: keys in ascending order, values in the order they came.
  void take_groups(std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count) {
    for (std::size_t i = 0; i != count; ++i) must_equal_itself(records[i].first);  // or there is no order, and no end
    groups_.resize(count);
    for (std::size_t i = 0; i != count; ++i) groups_[i] = i;
    std::sort(groups_.begin(), groups_.end(), [&](std::size_t a, std::size_t b) {
      if constexpr (std::totally_ordered<K>) {
        if (records[a].first < records[b].first) return true;
        if (records[b].first < records[a].first) return false;
      } else if (hashes[a] != hashes[b]) {
        return hashes[a] < hashes[b];
      }
      return a < b;
    });
    buffer<V> values;
    for (std::size_t i = 0; i != count;) {
      std::size_t const first = groups_[i];
      values.clear();
      for (; i != count && records[groups_[i]].first == records[first].first; ++i)
        values.push(std::move(records[groups_[i]].second));
      table_.at(hashes[first], records[first].first, [&](stored& entry) {
        guarded_for(step_, entry.key(), [&] {
          auto&& shown = states::shown(entry);
          logic_.on_values(shown, std::span<V>(values.begin(), values.size()), emit_);
          if constexpr (has_notifications<Logic>) states_.settle(logic_, entry, hashes[first], emit_);
        });
      });
    }
  }

  void pass() {
    snapshots_.barrier(gate_.waiting());
    note_passed(gate_.pass(step_, out_.next()));
  }

  /// A batch of keys per turn, so that a large state does not hold the worker up nor flood what comes next.
  bool end_some() {
    if (!out_.next().ready()) return false;
    bool more = true;
    guarded(step_, [&] {
      begin_batch();
      more = table_.visit_in_key_order(
          portion,
          [&](stored& entry) {
            guarded_for(step_, entry.key(), [&] {
              auto&& shown = states::shown(entry);
              logic_.on_end(shown, emit_);
            });
          },
          [&] { return !out_.full(); });
    });
    guarded(step_, [&] { out_.flush(); });
    keys_.set(table_.keys());
    if (!more) pass();
    return true;
  }

  /// A portion of those that are due, for the same reason.
  bool notify_some() {
    if (states_.next() == never) return false;
    guarded(step_, [&] {
      begin_batch();
      states_.open_round();
    });
    if (states_.caught_up() || !out_.next().ready()) return false;
    guarded(step_, [&] {
      states_.notify_some(logic_, table_, portion, emit_, [&] { return !out_.full(); });
      out_.flush();
    });
    keys_.set(table_.keys());
    return true;
  }

  Logic logic_;
  step_context step_;
  table table_;
  state_writer snapshots_;
  counter keys_;
  emitter<std::pair<K, W>> out_;
  results emit_;
  [[no_unique_address]] states states_;
  std::vector<std::size_t> groups_;
  mark_gate gate_;  ///< the end waits here while all keys speak
};

template <class K, class V, class W, class Logic>
class stateful_node final : public node {
 public:
  stateful_node(Logic logic, step_info step, port from) : node(std::move(step), from), logic_(std::move(logic)) {
    describe_rows = stateful_stage<K, V, W, Logic>::describe_rows;
  }

  void build(worker_builder& worker) const override {
    auto& stage = worker.add<stateful_stage<K, V, W, Logic>>(logic_, worker, *this);
    worker.outlet<keyed_outlet<std::pair<K, V>>>(inputs.front()).next = &stage;
  }

 private:
  Logic logic_;
};

/// Adds a step with keyed state: the exchange to the owners of the keys, and the step behind it.
template <class W, class S, class Logic>
auto append_stateful(S&& up, Logic logic, step_info step) {
  using T = record_of<S>;
  using K = key_of_pair<T>;
  graph& in = stream_access::graph_of(up);
  in.name_step(step);
  port const from = exchange_by_key(std::forward<S>(up), step);
  return stream_access::make<std::pair<K, W>>(
      in, in.add<stateful_node<K, value_of_pair<T>, W, Logic>>(std::move(logic), std::move(step), from));
}

/// What a stateful step without a name becomes: a sentence.
struct nameless_step {
  template <a_stream S>
  friend stream<poison> operator|(S&&, nameless_step) {
    constexpr bool stateful_step_has_a_name = silent<S>;
    static_assert(stateful_step_has_a_name,
                  "leat: a step that keeps state needs a name, as its first argument: its state is found by it after "
                  "a restart");
    return {};
  }
};
/// And one that has a name, but no function.
struct functionless_step {
  template <a_stream S>
  friend stream<poison> operator|(S&&, functionless_step) {
    constexpr bool stateful_step_has_a_function = silent<S>;
    static_assert(stateful_step_has_a_function,
                  "leat: a step that keeps state needs a function behind its name: stateful_map(\"name\", f)");
    return {};
  }
};
/// What an operator becomes that was given `First` only.
template <class First>
using incomplete_step = std::conditional_t<names_a_step<First>, functionless_step, nameless_step>;

}  // namespace leat::detail

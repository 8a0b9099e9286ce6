// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/function/shown_record.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/mark_gate.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/time_reader.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/exchange.hpp>
#include <leat/state/keyed_state.hpp>
#include <leat/state/state_writer.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/dated_before.hpp>
#include <leat/time/key_alarms.hpp>
#include <leat/time/late_count.hpp>
#include <leat/time/late_output.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/window_info.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/window_parameters.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace leat::detail {

/// How the table of a step keeps what its machine knows of a key.
template <class Machine>
class keep_windows {
 public:
  using saved = typename Machine::saved;
  explicit keep_windows(Machine& machine) : machine_(&machine) {}
  typename Machine::state make() const { return {}; }
  typename Machine::view save(typename Machine::state const& key) const { return machine_->save(key); }
  typename Machine::state load(saved&& from) const { return machine_->load(std::move(from)); }

 private:
  Machine* machine_;
};

/// A step with windows of which each key has a clock of its own: meets each record with what is known of its key, and
/// looks at keys that have no records when the time of the stream says so. Machine: window_machine.hpp.
template <class K, class V, class Outputs, class Machine>
class key_stage final : public keyed_consumer<std::pair<K, V>>, public stage, private time_reader {
  using table = keyed_state<K, typename Machine::state, keep_windows<Machine>>;
  using cell = typename table::cell;

  static constexpr bool windows_can_be_saved = table::saves;
  static_assert(windows_can_be_saved,
                "leat: a step with windows: keys, values and what a window makes of them must have a codec and a "
                "default constructor, since they are read back after a restart");

 public:
  static constexpr auto describe_rows = described_row<K, table>();

  [[gnu::cold]] key_stage(Machine const& machine, worker_builder& worker, node const& described)
      : machine_(machine),
        step_(described.step(), worker.worker()),
        table_(worker.slot_owners().slots_of(worker.worker().index()), keep_windows<Machine>(machine_)),
        snapshots_(worker, step_, table_, describe_rows),
        parameters_(worker, step_, described, describe_rows),
        outputs_(worker, step_, described) {
    worker.counters.watch({described.id, 0}, counter_kind::keys, keys_);
    if constexpr (Machine::goes_by_stream) {
      if constexpr (Machine::can_correct)
        machine_.correct_for(corrections_of(worker, described, machine_.own_corrections()));
      else
        refuse_corrections_before(worker, described, Machine::obstacle);
      lengths_ = machine_.lengths(moment_of(step_.worker->wall()));
      worker.read_time(described, *this);
      worker.counters.watch({described.id, 0}, counter_kind::watermark, shown_watermark_);
      worker.counters.watch({described.id, 0}, counter_kind::idle, shown_idle_);
      shown_watermark_.set(static_cast<std::uint64_t>(stream_time::nothing_known));
    }
    now_.quiet = parameters_.quiet_before();
    if (!snapshots_.loads()) return;
    keys_.set(table_.keys());
    begin_batch();
    alarms_.begin(now_);
    arm_all();
  }
  [[gnu::cold, gnu::noinline]] ~key_stage() override = default;

  void take(std::uint64_t const* hashes, std::pair<K, V>* records, std::size_t count) override {
    guarded(step_, [&] {
      begin_batch();
      bool const late_is_read = outputs_.late.read();
      late_counts left_out;
      table_.visit(
          hashes, count, [records](std::size_t i) -> K const& { return records[i].first; },
          [&](cell& entry, std::size_t i) __attribute__((always_inline)) {
            guarded_for(step_, entry.key(), [&] {
              auto outlet = outputs_.of(entry.key());
              std::optional<late_reason> const why =
                  machine_.take(entry.state(), std::move(records[i].second), now_, outlet, late_is_read,
                                [&](window_id id, moment at, late_reason reason, V&& value) {
                                  outputs_.late(entry.key(), late<V>{id, at, reason, std::move(value)});
                                });
              if (why) left_out.add(*why);
              settle(entry, hashes[i]);
            });
          });
      if (left_out.all() != 0) outputs_.late.count(left_out);
    });
    keys_.set(table_.keys());
    guarded(step_, [&] { outputs_.flush(); });
  }

  /// Where what was late for the step before is to go.
  consumer<late<std::pair<K, V>>>& late_input(worker_builder& worker) {
    return worker.add<late_before<K, V, Machine>>(machine_, step_, outputs_.late);
  }

  /// What closes by this time leaves before the time does.
  void advance(stream_time time) override {
    now_.watermark = (std::max)(now_.watermark, moment_at(time.watermark));
    now_.quiet = (std::max)(now_.quiet, parameters_.quiet_before() + std::chrono::nanoseconds(time.quiet));
    held_time_ = time;
    holds_time_ = true;
    if (alarms_.begin(now_)) arm_all();
    if (!alarms_.due(now_)) pass_time();
  }

  void arrive(mark arrived) override {
    guarded(step_, [&] { outputs_.flush(); });
    gate_.arrive(arrived);
    if (!holds_time_ && arrived.kind != mark_kind::end) pass();
  }

  bool ready() override { return holds_time_ || gate_.holds() ? step_.no_room() : outputs_.ready(); }

  bool turn() override {
    if (ring_some()) return true;
    if (!gate_.holds() || holds_time_) return false;
    if (gate_.waiting().kind == mark_kind::end) return end_some();
    if (!outputs_.ready()) return false;
    pass();
    return true;
  }
  bool done() const override { return gate_.done(); }

  steady_time wake_at() override {
    if (!alarms_.waits_for_the_wall() || gate_.holds_last() || !outputs_.ready()) return never;
    moment const next = alarms_.next_by_wall();
    std::chrono::nanoseconds const ahead = duration_between(moment_of(step_.worker->wall()), next);
    steady_time const now = step_.worker->now();
    return ahead < never - now ? now + std::chrono::duration_cast<steady_time::duration>(ahead) : never;
  }

 private:
  std::int64_t next_after(std::int64_t at) const override {
    if constexpr (Machine::goes_by_stream)
      return machine_.next_after(moment_at(at)).time_since_epoch().count();
    else
      return no_moment;
  }
  std::int64_t shortest() const override { return lengths_.shortest.count(); }
  /// Longer than a lifetime: nobody watches a silent stream for it.
  std::int64_t longest() const override {
    constexpr std::chrono::nanoseconds most{std::int64_t{1} << 61};
    std::chrono::nanoseconds const wait = machine_.waits() < most ? machine_.waits() : std::chrono::nanoseconds(0);
    return lengths_.longest < most ? (lengths_.longest + wait).count() : 0;
  }

  static constexpr std::size_t portion = 2048;  ///< keys per turn, fewer where what they say finds no room

  void begin_batch() {
    wall_time const wall = step_.worker->wall();
    now_.wall = (std::max)(now_.wall, moment_of(wall));
    machine_.begin_batch(wall);
  }

  /// After a key was met.
  void settle(cell& entry, std::uint64_t hash) {
    auto& key = entry.state();
    if (machine_.keeps(key, now_))
      alarms_.arm(key.armed, machine_.due(key, now_), hash);
    else
      entry.forget();
  }
  [[gnu::noinline]] void arm_all() {
    table_.for_each([&](K const& key, typename Machine::state& known) {
      alarms_.arm(known.armed, machine_.due(known, now_), key_hash(key));
    });
  }

  /// A portion of the keys that are due, so that a million of them do not hold the worker up.
  bool ring_some() {
    if (!holds_time_ && (!alarms_.waits_for_the_wall() || gate_.holds_last())) return false;
    begin_batch();
    if (!holds_time_ && !alarms_.due_by_wall(now_)) return false;
    if (!outputs_.ready()) return false;
    bool rung = false;
    bool met = false;
    guarded(step_, [&] {
      std::size_t most = portion;
      rung = alarms_.ring(
          now_, most, [&](std::uint64_t hash) { table_.prefetch(hash); },
          [&](std::uint64_t hash) {
            met = true;
            table_.each_with_tag(hash, [&](cell& entry) { look_at(entry, hash); });
            if (outputs_.full()) most = 0;
          });
      outputs_.flush();
    });
    keys_.set(table_.keys());
    if (!rung || !holds_time_) return met;
    pass_time();
    return true;
  }
  void look_at(cell& entry, std::uint64_t hash) {
    guarded_for(step_, entry.key(), [&] {
      key_alarms::disarm(entry.state().armed, now_);
      auto outlet = outputs_.of(entry.key());
      machine_.advance(entry.state(), now_, outlet);
      settle(entry, hash);
    });
  }

  void pass_time() {
    holds_time_ = false;
    shown_watermark_.set(static_cast<std::uint64_t>(held_time_.watermark));
    shown_idle_.set(held_time_.idle ? 1 : 0);
    outputs_.advance(held_time_);
  }
  void pass() {
    snapshots_.barrier(gate_.waiting());
    parameters_.keep(gate_.waiting().epoch, now_.quiet);
    note_passed(gate_.pass(step_, outputs_));
  }

  /// A batch of keys per turn. Where there is recovery the keys stay, for the snapshot of the end.
  bool end_some() {
    if (!outputs_.ready()) return false;
    bool more = true;
    guarded(step_, [&] {
      begin_batch();
      more = table_.visit_in_key_order(
          portion,
          [&](cell& entry) {
            guarded_for(step_, entry.key(), [&] {
              auto outlet = outputs_.of(entry.key());
              machine_.advance(entry.state(), now_, outlet);
              machine_.end(entry.state(), snapshots_.loads(), outlet);
              if (!snapshots_.loads()) entry.forget();
            });
          },
          [&] { return !outputs_.full(); });
    });
    guarded(step_, [&] { outputs_.flush(); });
    keys_.set(table_.keys());
    if (!more) pass();
    return true;
  }

  Machine machine_;
  step_context step_;
  table table_;
  state_writer snapshots_;
  window_parameters parameters_;
  counter keys_;
  counter shown_watermark_;
  counter shown_idle_;
  Outputs outputs_;
  key_alarms alarms_;
  window_lengths lengths_;
  reading now_;
  stream_time held_time_;
  bool holds_time_ = false;  ///< until all that closes by it has left
  mark_gate gate_;           ///< the end waits here while all keys speak
};

template <class K, class V, class Outputs, class Machine>
class key_window_node final : public node {
 public:
  /// `from`: the exchange and, if the step dates its stream by itself, what was late then.
  key_window_node(Machine machine, std::string what_it_has, step_info step, list<port> from)
      : node(std::move(step), std::move(from)), machine_(std::move(machine)) {
    parameters = std::move(what_it_has);
    describe_rows = key_stage<K, V, Outputs, Machine>::describe_rows;
  }

  void build(worker_builder& worker) const override {
    auto& stage = worker.add<key_stage<K, V, Outputs, Machine>>(machine_, worker, *this);
    worker.outlet<keyed_outlet<std::pair<K, V>>>(inputs.front()).next = &stage;
    if constexpr (Machine::dates_its_stream)
      worker.subscribe<late<std::pair<K, V>>>(inputs[1], stage.late_input(worker));
  }

 private:
  Machine machine_;
};

}  // namespace leat::detail

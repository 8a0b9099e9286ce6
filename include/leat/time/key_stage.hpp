// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/shown_record.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/state/keyed_state.hpp>
#include <leat/state/state_writer.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/key_alarms.hpp>
#include <leat/time/late_count.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/stage_by_time.hpp>
#include <leat/time/window_info.hpp>

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
class key_stage final : public stage_by_time<K, V, Outputs, Machine> {
  using base = stage_by_time<K, V, Outputs, Machine>;
  using table = keyed_state<K, typename Machine::state, keep_windows<Machine>>;
  using cell = typename table::cell;

  static constexpr bool windows_can_be_saved = table::saves;
  static_assert(windows_can_be_saved,
                "leat: a step with windows: keys, values and what a window makes of them must have a codec and a "
                "default constructor, since they are read back after a restart");

 public:
  static constexpr auto describe_rows = described_row<K, table>();

  [[gnu::cold]] key_stage(Machine const& machine, worker_builder& worker, node const& described)
      : base(machine, worker, described, describe_rows),
        table_(worker.slot_owners().slots_of(worker.worker().index()), keep_windows<Machine>(machine_)),
        snapshots_(worker, step_, table_, describe_rows) {
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

  steady_time wake_at() override {
    if (!alarms_.waits_for_the_wall() || gate_.holds_last() || !outputs_.ready()) return never;
    moment const next = alarms_.next_by_wall();
    std::chrono::nanoseconds const ahead = duration_between(moment_of(step_.worker->wall()), next);
    steady_time const now = step_.worker->now();
    return ahead < never - now ? now + std::chrono::duration_cast<steady_time::duration>(ahead) : never;
  }

 private:
  using base::gate_;
  using base::holds_time_;
  using base::keys_;
  using base::machine_;
  using base::now_;
  using base::outputs_;
  using base::step_;

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

  bool closes_by_now() override {
    if (alarms_.begin(now_)) arm_all();
    return alarms_.due(now_);
  }

  /// A portion of the keys that are due, so that a million of them do not hold the worker up.
  bool close_some() override {
    if (!holds_time_ && (!alarms_.waits_for_the_wall() || gate_.holds_last())) return false;
    begin_batch();
    if (!holds_time_ && !alarms_.due_by_wall(now_)) return false;
    if (!outputs_.ready()) return false;
    bool rung = false;
    bool met = false;
    guarded(step_, [&] {
      std::size_t most = base::portion;
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
    base::pass_time();
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

  void close_epoch(mark passed) override { snapshots_.barrier(passed); }

  /// A batch of keys per turn. Where there is recovery the keys stay, for the snapshot of the end.
  bool end_some() override {
    bool more = true;
    guarded(step_, [&] {
      begin_batch();
      more = table_.visit_in_key_order(
          base::portion,
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
    return more;
  }

  table table_;
  state_writer snapshots_;
  key_alarms alarms_;
};

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/mark_gate.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/time_reader.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/exchange/exchange.hpp>
#include <leat/state/state_writer.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/dated_before.hpp>
#include <leat/time/late_count.hpp>
#include <leat/time/late_output.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/window_info.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/window_parameters.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

/// What the stages of steps that go by event time have in common, however they keep their keys: the time and the marks
/// that wait for what closes, what they say of themselves, and what is late. Machine: window_machine.hpp.
template <class K, class V, class Outputs, class Machine>
class stage_by_time : public keyed_consumer<std::pair<K, V>>, public stage, private time_reader {
 public:
  /// Where what was late for the step before is to go.
  consumer<late<std::pair<K, V>>>& late_input(worker_builder& worker) {
    return worker.add<late_before<K, V, Machine>>(machine_, step_, outputs_.late);
  }

  /// What closes by this time leaves before the time does.
  void advance(stream_time time) final {
    now_.watermark = (std::max)(now_.watermark, moment_at(time.watermark));
    now_.quiet = (std::max)(now_.quiet, parameters_.quiet_before() + std::chrono::nanoseconds(time.quiet));
    held_time_ = time;
    holds_time_ = true;
    if (!closes_by_now()) pass_time();
  }

  void arrive(mark arrived) final {
    guarded(step_, [&] { outputs_.flush(); });
    gate_.arrive(arrived);
    if (!holds_time_ && arrived.kind != mark_kind::end) pass();
  }

  bool ready() final { return holds_time_ || gate_.holds() ? step_.no_room() : outputs_.ready(); }

  bool turn() final {
    if (close_some()) return true;
    if (!gate_.holds() || holds_time_) return false;
    if (!outputs_.ready()) return false;
    if (gate_.waiting().kind != mark_kind::end || !end_some()) pass();
    return true;
  }
  bool done() const final { return gate_.done(); }

 protected:
  [[gnu::cold]] stage_by_time(Machine const& machine, worker_builder& worker, node const& described,
                              void (*describe_rows)(record_description& to))
      : machine_(machine),
        step_(described.step(), worker.worker()),
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
  }
  [[gnu::cold, gnu::noinline]] ~stage_by_time() override = default;

  static constexpr std::size_t portion = 2048;  ///< keys per turn, fewer where what they say finds no room

  void pass_time() {
    holds_time_ = false;
    shown_watermark_.set(static_cast<std::uint64_t>(held_time_.watermark));
    shown_idle_.set(held_time_.idle ? 1 : 0);
    outputs_.advance(held_time_);
  }

  Machine machine_;
  step_context step_;
  window_parameters parameters_;
  counter keys_;
  Outputs outputs_;
  reading now_;
  bool holds_time_ = false;  ///< until all that closes by it has left
  mark_gate gate_;           ///< the end waits here while all keys speak

 private:
  /// Whether something closes by the time that has come.
  virtual bool closes_by_now() = 0;
  /// A portion of what does. True when something was done; with the last portion `pass_time` is called.
  virtual bool close_some() = 0;
  /// A portion of what is said at an end. False: all has been said.
  virtual bool end_some() = 0;
  /// The barrier of the step's state.
  virtual void close_epoch(mark passed) = 0;

  void pass() {
    close_epoch(gate_.waiting());
    parameters_.keep(gate_.waiting().epoch, now_.quiet);
    note_passed(gate_.pass(step_, outputs_));
  }

  std::int64_t next_after(std::int64_t at) const final {
    if constexpr (Machine::goes_by_stream)
      return machine_.next_after(moment_at(at)).time_since_epoch().count();
    else
      return no_moment;
  }
  std::int64_t shortest() const final { return lengths_.shortest.count(); }
  /// Longer than a lifetime: nobody watches a silent stream for it.
  std::int64_t longest() const final {
    constexpr std::chrono::nanoseconds most{std::int64_t{1} << 61};
    std::chrono::nanoseconds const wait = machine_.waits() < most ? machine_.waits() : std::chrono::nanoseconds(0);
    return lengths_.longest < most ? (lengths_.longest + wait).count() : 0;
  }

  counter shown_watermark_;
  counter shown_idle_;
  window_lengths lengths_;
  stream_time held_time_;
};

}  // namespace leat::detail

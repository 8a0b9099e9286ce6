// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/traffic.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// Where the time of one stage went, in nanoseconds. Its worker writes, any thread reads.
class stage_times {
 public:
  enum class work : std::uint8_t {
    step,      ///< a stage of the node's own
    receiver,  ///< the receiving end of its exchange: what it does belongs to the steps behind it
    outbox,    ///< what of its fused loop had to wait for room
  };

  stage_times(node const& described, work kind) : of(described), does(kind) {}

  /// The worker had nothing to do for so long, while the stage waited for room at `waits_for`, or for records.
  void add_wait(std::uint64_t nanoseconds);

  /// How long the worker had nothing to do while this stage waited for the room of one step.
  struct room {
    std::atomic<step_info const*> at{nullptr};  ///< null: for records, or for their time
    counter nanoseconds;
  };
  static constexpr std::size_t most_rooms = 5;

  node const& of;
  work does;
  counter busy;
  room waited[most_rooms];  ///< the first one is for records; the last one also has what finds no place
  std::atomic<step_info const*> waits_for{nullptr};  ///< in its last turn
  std::atomic<bool> ended{false};
};

/// Where the time of one worker goes. The worker writes, any thread reads. The clock is read once a turn, and once more
/// for each stage that got something done in it, but for the last one: the next turn begins where it ends.
class worker_times {
 public:
  /// While the worker is put together, before any turn.
  void add_stage(node const& described);
  void add_outbox(node const& described);

  void begin_turn(steady_time now);
  /// Whether something was done that no time has been charged for yet. It is, before another has its turn.
  bool owes() const { return worked_ != nullptr; }
  void charge(steady_time now);
  /// The stage with this number has its turn from now on.
  void turn_of(std::size_t stage) { turning_.store(stages_[stage], std::memory_order_relaxed); }
  /// It got something done.
  void worked(std::size_t stage) { worked_ = stages_[stage]; }
  void outbox_worked(std::size_t outbox) { worked_ = outboxes_[outbox]; }
  /// It did not, for want of room at this step; null: of records.
  void waits(std::size_t stage, step_info const* for_room) {
    stages_[stage]->waits_for.store(for_room, std::memory_order_relaxed);
  }
  void stage_ended(std::size_t stage) { stages_[stage]->ended.store(true, std::memory_order_relaxed); }
  void end_turn(bool progress);
  /// The worker has ended: no more time goes by.
  void end(steady_time now);

  // Any thread. Points in time are nanoseconds of the steady clock.

  std::uint64_t begun() const { return begun_.value(); }  ///< 0: not yet
  std::uint64_t ended() const { return ended_.value(); }  ///< 0: not yet
  owners<stage_times> const& stages() const { return stages_; }
  owners<stage_times> const& outboxes() const { return outboxes_; }
  /// With what has gone by since the worker looked at the clock.
  std::uint64_t busy_of(stage_times const& stage, std::uint64_t now) const;
  std::uint64_t waited_of(stage_times const& stage, std::size_t room, std::uint64_t now) const;

  static std::uint64_t number(steady_time at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

 private:
  std::uint64_t since_look(std::uint64_t now) const;

  owners<stage_times> stages_;
  owners<stage_times> outboxes_;
  counter begun_;
  counter ended_;
  counter looked_;                 ///< up to when time has been accounted for
  stage_times* worked_ = nullptr;  ///< what the time since then is charged to; its worker alone looks
  std::atomic<bool> idle_{false};
  std::atomic<stage_times const*> turning_{nullptr};
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/stats/worker_times.ipp>
#endif

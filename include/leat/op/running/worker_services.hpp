// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/fwd.hpp>
#include <leat/op/running/time_points.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace leat::detail {

class blocking_work;
class node;
struct lane;
struct step_info;

/// Where records come from that are on their way in a turn.
struct current_lane {
  lane const* partition = nullptr;  ///< of a source; null: they do not come straight from one
  node const* stage = nullptr;      ///< whose turn it is
};

/// What a worker offers to the stages it runs: time, chance, waiting. Called from the worker's own turn, except `wake`.
class worker_services {
 public:
  worker_services(worker_services const&) = delete;
  worker_services& operator=(worker_services const&) = delete;
  virtual ~worker_services() = default;

  virtual unsigned index() const = 0;  ///< of this worker, over all processes
  virtual unsigned count() const = 0;  ///< workers, over all processes
  /// What the run begins with.
  virtual std::uint64_t first_epoch() const { return 1; }
  /// The number of the run, `recovery::run_number`. Where it goes on from no store each worker draws one.
  virtual std::uint64_t run_number() const { return 0; }
  /// Sampled once per turn.
  virtual steady_time now() = 0;
  virtual wall_time wall() = 0;
  virtual std::uint64_t random() = 0;
  /// Whether the run was asked to stop.
  virtual bool stopping() const { return false; }
  /// From any thread: the worker takes another turn.
  virtual void wake() = 0;
  /// Another worker of this process was given something, or room: it is woken when this turn ends.
  virtual void wake_later(unsigned worker) = 0;
  /// A barrier of this epoch was seen: the worker closes its own soon.
  virtual void saw_epoch(std::uint64_t epoch) = 0;
  /// Has the work run where waiting is allowed, unless it has been abandoned by then. Throws std::runtime_error when it
  /// will not be run.
  virtual void block(std::shared_ptr<blocking_work> work) = 0;
  /// Where sources and sinks read and write.
  virtual file_system& files() = 0;
  /// Wakes the worker once this descriptor can be read without waiting.
  virtual void wake_when_readable(int descriptor) = 0;
  /// Whether what is kept of this run has to outlive it, and a failure of the power.
  virtual bool recovers() const { return false; }
  /// Whether an error may show the record or the key that a function threw at.
  virtual bool shows_records() const { return true; }
  /// The run fails with this, whoever catches it on its way. The first cause counts.
  virtual void fail(std::exception_ptr cause) { (void)cause; }
  /// Throws what the run fails with, if it fails.
  virtual void rethrow_failure() {}

  /// Whoever has no room for more says so here, and the worker learns what a stage waits for. False, for `ready` to
  /// return it.
  bool no_room(step_info const& at) {
    without_room_ = &at;
    return false;
  }
  /// Whose records are on their way.
  current_lane lane_in_turn() const { return lane_in_turn_; }
  void set_lane_in_turn(current_lane lane) { lane_in_turn_ = lane; }

  /// Who has said so since this was asked last; null: nobody.
  step_info const* without_room() { return std::exchange(without_room_, nullptr); }

 protected:
  worker_services() = default;

 private:
  step_info const* without_room_ = nullptr;
  current_lane lane_in_turn_;
};

}  // namespace leat::detail

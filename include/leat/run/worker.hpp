// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/op/running/worker_services.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/stats/worker_times.hpp>
#include <leat/run/stop_watch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

class execution;

/// The exception being handled. What no step answers for, memory that has run out say, becomes a run_error of `place`.
[[gnu::cold]] std::exception_ptr failure_outside_of_steps(std::string const& place, unsigned worker,
                                                          std::uint64_t epoch);

/// One worker: its copy of every step, and the loop that gives them their turns. Everything here is on the thread
/// that resumes it, but `wake` and `fail`.
class worker final : public worker_services, public runnable {
 public:
  worker(execution& of, unsigned index);

  void build(graph const& flow);

  unsigned index() const override { return index_; }
  unsigned count() const override;
  std::uint64_t first_epoch() const override { return first_epoch_; }
  std::uint64_t run_number() const override;
  steady_time now() override;
  /// What it showed at `now()`.
  wall_time wall() override;
  /// splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t random() override;
  bool stopping() const override;
  void wake() override;
  void wake_later(unsigned other) override;
  void saw_epoch(std::uint64_t epoch) override;
  void block(std::shared_ptr<blocking_work> work) override;
  bool shows_records() const override;
  bool recovers() const override;
  file_system& files() override;
  void wake_when_readable(int descriptor) override;
  void fail(std::exception_ptr cause) override;
  void rethrow_failure() override;
  void add_awaited(std::vector<awaited>& awaited) override;

  /// Any thread: how many turns it has begun and ended.
  std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

  /// Any thread: whose stage has its turn, or had the last one; null: none had.
  node const* turning() const { return turning_.load(std::memory_order_relaxed); }

  /// Any thread: what its steps count, where its time goes, and the epoch it is in.
  step_counters const& counters() const { return parts_.counters; }
  worker_times const& times() const { return times_; }
  std::uint64_t epoch() const { return shown_epoch_.value(); }

  worker_coroutine& body() override { return body_; }
  steady_time wake_at() override;

 private:
  static worker_coroutine loop(worker& self);

  /// While it is in a turn the number is odd.
  bool guarded_turn();
  bool try_turn();

  /// Downstream first: what is on its way is finished before more is let in.
  bool turn();

  /// Of one stage. True once it has ended; `progress` becomes true when something was done.
  bool take_turn(std::size_t stage_number, bool& progress);

  /// To what was done last, before another has its turn.
  void charge_time();
  void watch_stop();

  bool open_sources() const;

  /// Closes the epoch of all sources at one instant: when its time is over, when another worker has closed it (the
  /// marker rule of Chandy and Lamport), or for the last time when the run is to stop. But each source first has a turn
  /// with room: where marks take longer to be aligned than an epoch lasts, they would leave none for records.
  bool keep_epochs();

  /// Before the turn of a stage: if it is a source that has room, it can emit in this epoch. True when nothing but that
  /// has kept the epoch open.
  bool feed(stage const* s);

  /// While an epoch is to be closed and there is no room for its mark, sources do not fill what room there will be.
  bool held(stage const* s) const;

  /// What steps have to write down of the last barriers, a slice of each, where there is recovery.
  bool write_snapshots();

  /// Tells the sinks which epochs have been committed since they were last told.
  bool tell_committed();

  bool epoch_over();

  /// Whether recovery lets another epoch be closed: only so many may be undecided.
  bool may_close() const;

  /// One fence per turn that sent something: what was sent is seen by whoever does not see the sleeper's flag.
  void wake_others();

  execution& execution_;
  unsigned index_;
  std::uint64_t chance_;
  std::uint64_t unkept_run_;  ///< the number of a run that no store knows
  std::optional<steady_time> now_;
  std::optional<wall_time> wall_;
  std::uint64_t first_epoch_ = 1;
  std::uint64_t epoch_ = 1;
  std::uint64_t closed_ = 0;     ///< as recovery was told
  std::uint64_t committed_ = 0;  ///< as the sinks were told
  std::uint64_t seen_epoch_ = 0;
  steady_time epoch_ends_{};
  bool over_ = false;                   ///< the epoch, as of the beginning of this turn
  bool closing_ = false;                ///< the epoch is over, but not every source can send its mark yet
  bool stopped_ = false;                ///< the sources were: no epoch is open any more
  std::vector<source_stage*> starved_;  ///< have not had a turn with room in this epoch
  std::vector<unsigned> to_wake_;
  std::atomic<std::uint64_t> turns_{0};
  std::vector<node const*> nodes_;  ///< of each stage
  worker_times times_;
  counter shown_epoch_;
  std::atomic<node const*> turning_{nullptr};
  stop_watch stop_watch_;
  bool finished_ = false;
  bool done_ = false;
  worker_builder parts_;
  worker_coroutine body_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/worker.ipp>
#endif

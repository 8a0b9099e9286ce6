// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/worker_builder.hpp>
#include <leat/route/formation/cluster_formation.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/route/peers/peers.hpp>
#include <leat/run/options.hpp>
#include <leat/run/runtime.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

namespace leat::detail {

class worker;

/// One run of a flow in one process: its workers, what they share, and how it ends. Two executions share nothing.
class execution {
 public:
  /// Of a cluster's workers, `process * options.workers` and on are this process's. `join` gives the other processes,
  /// where there are any and they need not be met first.
  execution(graph const& flow, options const& how, runtime& world, unsigned process = 0, unsigned processes = 1,
            join_function join = {});
  /// A link may still call while the workers are taken down.
  ~execution();

  /// Before `build`: the other processes have to be met first, through this network.
  void meet(std::shared_ptr<network> through);

  /// Makes the workers, and, unless other processes must be heard first, their steps. Throws flow_error for a flow that
  /// cannot run, run_error for a source that cannot be listed.
  void build();
  std::vector<runnable*> workers();

  /// Any thread: ends the run in order.
  void stop();
  /// Any thread: ends the run now. The first cause is kept.
  void fail(std::exception_ptr cause);
  /// Throws what `fail` kept, if anything.
  void rethrow();

  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  runtime& world() { return world_; }
  shared_by_workers& parts() { return parts_; }
  std::chrono::nanoseconds interval() const { return how_.snapshot_interval; }
  std::chrono::nanoseconds suspect_after() const { return how_.suspect_after; }
  std::chrono::nanoseconds stop_timeout() const { return how_.stop_timeout; }
  bool shows_records() const { return how_.show_records; }
  unsigned worker_count() const { return processes_ * how_.workers; }
  bool is_local(unsigned index) const {
    return index >= parts_.first_worker && index < parts_.first_worker + parts_.local_workers;
  }
  void wake(unsigned index);
  /// A worker of this process, from 0 on. Once the steps have been put together.
  worker const& local(unsigned index) const { return *workers_[index]; }

  // What the workers call in their turns:

  /// Whether this worker speaks for the process: it meets the other processes, and builds all workers.
  bool is_first(worker const& by) const;
  /// Whether the steps have been put together.
  bool assembled() const { return assembled_.load(std::memory_order_acquire); }
  /// Until they have: the first worker exchanges with the other processes what has to be known before, and does it.
  bool assemble(worker& by);
  /// Whether the run was stopped before the other processes had been met.
  bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }
  /// When the other processes, or the door, have to be looked at again.
  steady_time talk_at(worker const& by) const;
  /// What the process waits for while it has nothing to do.
  void add_awaited(worker const& by, std::vector<awaited>& all) const;
  /// A worker has nothing left to do.
  void one_has_finished();
  /// By the first worker: exchanges bytes with the other processes. True when some moved.
  bool talk(worker& first, bool idle);
  /// Whether a worker that has nothing left to do may go: the first one stays until all processes have parted.
  bool may_leave(unsigned index);
  /// After a failure. True when there is nothing left to tell to anybody.
  bool wind_up(worker& by);
  steady_time wind_up_until() const;

 private:
  partition_lists list_partitions();
  /// Every process comes to the same result, because it is made from the same lists by the same rule.
  void share_out_partitions();
  /// A process that cannot open a partition matters when it is the one to open it. All come to the same result, before any of
  /// them has opened anything.
  void refuse_obstacles(std::uint32_t id, owned_partitions const& owned) const;
  void connect();
  process_failure failure_of(worker& by);
  /// On a thread that no function of the flow's can hold up: while the first worker, or another that shares its thread, is
  /// in one for long, the other processes still hear that this one is alive, or what it failed of, and what they send is
  /// read.
  void stand_in_for_the_first();
  /// Nobody is talked to, and nobody let in, any more.
  void leave();
  void build_workers();
  void wake_all();

  graph const& flow_;
  options how_;
  runtime& world_;
  unsigned process_;
  unsigned processes_;
  join_function join_;  ///< null: they are met
  std::shared_ptr<network> door_;
  std::unique_ptr<cluster_formation> forming_;
  std::unique_ptr<peers> net_;
  mutable std::mutex talking_;  ///< guards what `net_`, which the first worker drives, points to
  unsigned turns_ = 0;
  steady_time talked_at_{};
  steady_time door_at_{};
  partition_lists own_partitions_;
  shared_by_workers parts_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> failed_{false};
  std::atomic<bool> assembled_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<unsigned> working_{0};
  bool shared_partitions_ = false;
  std::mutex failing_;
  std::exception_ptr cause_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/execution.ipp>
#endif

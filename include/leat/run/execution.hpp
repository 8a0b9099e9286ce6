// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/control/partition_lists.hpp>
#include <leat/run/options.hpp>
#include <leat/run/partition_assignment.hpp>
#include <leat/run/recovery_support.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/session.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

namespace leat::detail {

class worker;

/// One run of a flow in one process: its workers, what they share, and how it ends. Two executions share nothing.
class execution {
 public:
  /// Of a cluster's workers, `process * options.workers` and on are this process's.
  execution(graph const& flow, options const& settings, runtime& world, unsigned process = 0, unsigned processes = 1);
  /// A connection may still call while the workers are taken down.
  ~execution();

  /// Before `build`, where there are several processes.
  void join(std::unique_ptr<session> cluster) { session_ = std::move(cluster); }
  /// Before `build`, where the run goes on from a store.
  void recover(std::unique_ptr<recovered_run> from);

  /// Makes the workers, and, unless other processes must be heard first, their steps. Throws flow_error for a flow that
  /// cannot run, run_error for a source that cannot be listed.
  void build();
  /// What is to be driven: the workers, and the session, where none of them drives it.
  std::vector<runnable*> runnables();

  /// Any thread: ends the run in order.
  void stop();
  /// Any thread: ends the run now. The first cause is kept.
  void fail(std::exception_ptr cause);
  /// Throws what `fail` kept, if anything.
  void rethrow();

  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  /// Once it is over: whether it was stopped before its input had ended. In a cluster all processes say the same.
  bool stopped() const;
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  runtime& world() { return world_; }
  graph const& flow() const { return flow_; }
  options const& settings() const { return options_; }
  shared_by_workers& parts() { return parts_; }
  unsigned process() const { return process_; }
  unsigned process_count() const { return processes_; }
  unsigned worker_count() const { return processes_ * options_.workers; }
  bool is_local(unsigned index) const {
    return index >= parts_.first_worker && index < parts_.first_worker + parts_.local_workers;
  }
  std::uint64_t first_epoch() const;
  /// Any thread, in any order: epochs up to this one are decided, no restart repeats them. The sinks of all workers are
  /// told so in their next turns.
  void commit(std::uint64_t epoch);
  std::uint64_t committed() const { return committed_.load(std::memory_order_acquire); }
  /// A worker of this process by its index, or `driver()`.
  void wake(unsigned index);
  /// A worker of this process, from 0 on. Once the steps have been put together.
  worker const& local(unsigned index) const { return *workers_[index]; }

  // What the workers call in their turns:

  /// Who drives the session: the index of a worker, or, where it is none, the number of all workers.
  unsigned driver() const { return driver_; }
  bool drives_session(worker const& worker) const;
  /// Whether the steps have been put together.
  bool assembled() const { return assembled_.load(std::memory_order_acquire); }
  /// Until they have: who drives the session has it do what comes before.
  bool assemble(worker const& worker);
  /// Whether the run was stopped before the other processes had been met.
  bool abandoned() const { return abandoned_.load(std::memory_order_acquire); }
  /// When the session has to be looked at again by this worker.
  steady_time session_wake_at(worker const& worker) const;
  /// What the session waits for while this worker has nothing to do.
  void add_awaited(worker const& worker, std::vector<awaited>& descriptors) const;
  /// A worker has stopped a source before it had ended.
  void cut_short() { cut_short_.store(true, std::memory_order_relaxed); }
  /// A worker has nothing left to do.
  void worker_finished();
  /// By who drives the session: exchanges frames with the other processes. True when bytes moved.
  bool turn_session(worker& worker, bool idle);
  /// Whether a worker that has nothing left to do may go: who drives the session stays until all processes have
  /// finished.
  bool may_leave(worker const& worker);
  /// After a failure: true when this worker has nothing left to do.
  bool end_failed(worker const& worker);

  // What the session calls:

  bool all_workers_finished() const { return working_.load(std::memory_order_acquire) == 0; }
  partition_lists list_partitions();
  /// Null: the run begins anew.
  recovered_run* recovered() const { return recovered_.get(); }
  /// Of the lists of all processes, by their numbers.
  void build_workers(std::vector<partition_lists const*> const& of_processes);
  /// The run was stopped before the cluster had formed.
  void abandon();
  /// Of several causes this one is thrown, as in all processes. Called once.
  void replace_cause(std::exception_ptr cause);
  void wake_all();
  /// Any thread, also a connection's.
  void wake_driver();

 private:
  partition_assignment assignment();

  graph const& flow_;
  options options_;
  runtime& world_;
  unsigned process_;
  unsigned processes_;
  unsigned driver_;
  shared_by_workers parts_;
  std::unique_ptr<recovered_run> recovered_;
  std::unique_ptr<session> session_;  ///< null in a program of one process
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> cut_short_{false};
  std::atomic<bool> failed_{false};
  std::atomic<bool> assembled_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<unsigned> working_{0};
  std::atomic<std::uint64_t> committed_{0};
  std::mutex failing_;
  std::exception_ptr cause_;
  /// Workers may be looking at it still: it lives as long as their threads.
  std::exception_ptr replaced_cause_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/execution.ipp>
#endif

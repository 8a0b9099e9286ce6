// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/assembly.hpp>
#include <leat/run/options.hpp>
#include <leat/run/runtime.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

namespace leat::detail {

class worker;

/// One run of a flow in one process: its workers, what they share, and how it ends. Two executions share nothing.
class execution {
 public:
  /// Workers `process * options.workers` and on are this process's, of `processes * options.workers` in all.
  execution(graph const& flow, options const& how, runtime& world, unsigned process = 0, unsigned processes = 1);
  ~execution();

  /// Makes the workers. Throws flow_error for a flow that cannot run, run_error for a source that cannot be listed.
  void build();
  std::vector<driven*> workers();

  /// Any thread: ends the run in order.
  void stop();
  /// Any thread: ends the run now. The first cause is kept.
  void fail(std::exception_ptr cause);
  /// Throws what `fail` kept, if anything.
  void rethrow() const;

  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  runtime& world() { return world_; }
  process_parts& parts() { return parts_; }
  std::chrono::nanoseconds interval() const { return how_.snapshot_interval; }
  unsigned worker_count() const { return processes_ * how_.workers; }
  bool is_local(unsigned index) const {
    return index >= parts_.first_worker && index < parts_.first_worker + parts_.local_workers;
  }
  void wake(unsigned index);

 private:
  void wake_all();

  graph const& flow_;
  options how_;
  runtime& world_;
  unsigned processes_;
  process_parts parts_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> failed_{false};
  std::mutex failing_;
  std::exception_ptr cause_;
};

}  // namespace leat::detail

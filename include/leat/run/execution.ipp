// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/run/cli/checked_options.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/partition_assignment.hpp>
#include <leat/run/session.hpp>
#include <leat/run/threads/fence.hpp>
#include <leat/run/worker.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD execution::execution(graph const& flow, options const& settings, runtime& world, unsigned process,
                               unsigned processes)
    : flow_(flow), options_(checked(settings)), world_(world), process_(process), processes_(processes) {
  parts_.batch_records = options_.batch_size;
  parts_.channel_bytes = std::clamp<std::size_t>(options_.channel_bytes, 1, options::most_channel_bytes);
  parts_.channel_packets = std::max<std::size_t>(1, parts_.channel_bytes / packet_bytes);
  parts_.first_worker = process * options_.workers;
  parts_.local_workers = options_.workers;
  driver_ = parts_.first_worker;
}

LEAT_COLD execution::~execution() {
  if (session_) session_->ignore_connections();
  if (recovered_) recovered_->close();  // what is being written tells the workers
}

LEAT_COLD void execution::recover(std::unique_ptr<recovered_run> from) {
  recovered_ = std::move(from);
  parts_.recovers = &recovered_->for_steps();
}

LEAT_COLD void execution::build() {
  flow_.refuse_unfinished();
  if (parts_.test != nullptr) parts_.test->refuse_mistakes(flow_);
  for (unsigned i = 0; i != options_.workers; ++i)
    workers_.push_back(std::make_unique<worker>(*this, parts_.first_worker + i));
  working_.store(options_.workers, std::memory_order_relaxed);

  if (session_) {
    if (session_->own_driver() != nullptr)
      driver_ = worker_count();
    else if (options_.connections == connection_driver::last_worker)
      driver_ = workers_.back()->index();
    session_->begin();
  } else {
    partition_lists const own = list_partitions();
    bool progress = false;
    if (recovered_) recovered_->agree({&own}, progress);
    build_workers({&own});
  }
}

LEAT_COLD std::vector<runnable*> execution::runnables() {
  std::vector<runnable*> runnables;
  runnables.reserve(workers_.size() + 1);
  for (auto const& w : workers_) runnables.push_back(w.get());
  if (session_ && session_->own_driver() != nullptr) runnables.push_back(session_->own_driver());
  return runnables;
}

LEAT_COLD partition_assignment execution::assignment() {
  return {flow_, *workers_.front(), options_.workers, processes_ == 1};
}

LEAT_COLD partition_lists execution::list_partitions() {
  partition_lists own = assignment().list(parts_.test);
  if (recovered_) recovered_->add_facts(own);
  return own;
}

LEAT_COLD void execution::build_workers(std::vector<partition_lists const*> const& of_processes) {
  if (!recovered_)
    for (partition_lists const* const lists : of_processes)
      for (auto const& [id, texts] : *lists)
        if (id == recovery_facts)
          throw flow_error(concat({"process ", std::to_string(process_),
                                   " runs without a recovery store: all processes need -r, or none"}));
  assignment().assign(of_processes, parts_.owners);
  for (auto const& w : workers_) w->build(flow_);
  assembled_.store(true, std::memory_order_release);
}

LEAT_INLINE bool execution::drives_session(worker const& worker) const { return worker.index() == driver_; }

LEAT_INLINE bool execution::assemble(worker const& worker) { return drives_session(worker) && session_->assemble(); }

LEAT_INLINE steady_time execution::session_wake_at(worker const& worker) const {
  return session_ && drives_session(worker) ? session_->wake_at() : never;
}

LEAT_INLINE void execution::add_awaited(worker const& worker, std::vector<awaited>& descriptors) const {
  if (session_ && drives_session(worker)) session_->add_awaited(descriptors);
}

LEAT_INLINE void execution::worker_finished() {
  if (working_.fetch_sub(1, std::memory_order_acq_rel) == 1 && session_) wake_driver();
}

LEAT_INLINE bool execution::turn_session(worker& worker, bool idle) {
  if (!session_ || !drives_session(worker)) return false;
  return session_->turn(worker.now(), idle, [&worker](unsigned woken) { worker.wake_later(woken); });
}

LEAT_INLINE bool execution::may_leave(worker const& worker) {
  return !session_ || !drives_session(worker) || session_->may_leave();
}

LEAT_INLINE bool execution::end_failed(worker const& worker) {
  if (!session_) return true;
  if (drives_session(worker)) return session_->exchange_failures();
  session_->wait_for_driver();
  return true;
}

LEAT_INLINE void execution::abandon() {
  abandoned_.store(true, std::memory_order_release);
  wake_all();
}

LEAT_INLINE std::uint64_t execution::first_epoch() const {
  return parts_.recovers == nullptr ? 1 : parts_.recovers->first_epoch();
}

LEAT_INLINE void execution::commit(std::uint64_t epoch) {
  std::uint64_t known = committed_.load(std::memory_order_relaxed);
  while (known < epoch && !committed_.compare_exchange_weak(known, epoch, std::memory_order_release)) {
  }
  wake_all();
}

LEAT_INLINE bool execution::stopped() const {
  return session_ ? session_->stopped() : cut_short_.load(std::memory_order_relaxed);
}

LEAT_COLD void execution::stop() {
  stopping_.store(true, std::memory_order_release);
  wake_all();
}

LEAT_COLD void execution::fail(std::exception_ptr cause) {
  {
    std::lock_guard const lock(failing_);
    if (!cause_) cause_ = std::move(cause);
  }
  failed_.store(true, std::memory_order_release);
  wake_all();
}

LEAT_COLD void execution::replace_cause(std::exception_ptr cause) {
  std::lock_guard const lock(failing_);
  replaced_cause_ = std::exchange(cause_, std::move(cause));
}

LEAT_COLD void execution::rethrow() {
  std::exception_ptr cause;
  {
    std::lock_guard const lock(failing_);
    cause = cause_;
  }
  if (cause) std::rethrow_exception(cause);
}

LEAT_INLINE void execution::wake(unsigned index) {
  if (is_local(index))
    world_.wake(*workers_[index - parts_.first_worker]);
  else
    world_.wake(*session_->own_driver());
}

LEAT_INLINE void execution::wake_driver() {
  full_fence();
  wake(driver_);
}

LEAT_INLINE void execution::wake_all() {
  full_fence();
  for (runnable* const each : runnables()) world_.wake(*each);
}

}  // namespace leat::detail

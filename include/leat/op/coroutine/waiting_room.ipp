// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/op/coroutine/waiting_room.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_services.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE void call_line::call(ticket ticket) {
  std::lock_guard const lock(mutex_);
  if (worker_ == nullptr) return;
  called_.push_back(ticket);
  any_.store(true, std::memory_order_release);
  worker_->wake();
}

LEAT_INLINE void call_line::close() {
  std::lock_guard const lock(mutex_);
  worker_ = nullptr;
  called_.clear();
}

LEAT_INLINE void call_line::collect(std::vector<ticket>& into) {
  std::lock_guard const lock(mutex_);
  into.insert(into.end(), called_.begin(), called_.end());
  called_.clear();
  any_.store(false, std::memory_order_relaxed);
}

/// Hidden here, so that programs do not compile a search tree.
class alarms::by_time : public std::set<std::pair<steady_time, ticket>> {
 public:
  steady_time first() const { return empty() ? never : begin()->first; }
};

LEAT_INLINE alarms::alarms() : alarms_(new by_time) {}
LEAT_INLINE alarms::~alarms() { delete alarms_; }

LEAT_INLINE void alarms::add(steady_time due, ticket ticket) {
  alarms_->emplace(due, ticket);
  next_ = alarms_->first();
}
LEAT_INLINE void alarms::remove(steady_time due, ticket ticket) {
  alarms_->erase({due, ticket});
  next_ = alarms_->first();
}

LEAT_INLINE void alarms::collect(steady_time now, std::vector<ticket>& into) {
  while (!alarms_->empty() && alarms_->first() <= now) {
    into.push_back(alarms_->begin()->second);
    alarms_->erase(alarms_->begin());
  }
  next_ = alarms_->first();
}

LEAT_INLINE waiting_room::waiting_room(worker_services& worker)
    : worker_(&worker), line_(std::make_shared<call_line>(worker)) {}
LEAT_INLINE waiting_room::~waiting_room() { line_->close(); }

}  // namespace leat::detail

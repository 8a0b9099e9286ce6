// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/waiting_room.hpp>
#include <leat/op/stage.hpp>

#include <atomic>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE void call_line::call(ticket who) {
  std::lock_guard const lock(mutex_);
  if (worker_ == nullptr) return;
  called_.push_back(who);
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

LEAT_INLINE void alarms::collect(steady_time now, std::vector<ticket>& into) {
  while (!all_.empty() && all_.begin()->first <= now) {
    into.push_back(all_.begin()->second);
    all_.erase(all_.begin());
  }
}

}  // namespace leat::detail

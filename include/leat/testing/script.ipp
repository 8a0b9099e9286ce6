// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/testing/script.hpp>

#include <cstddef>
#include <mutex>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::size_t script::last_phase() {
  std::lock_guard const lock(mutex_);
  return left_.size() - 1;
}

LEAT_INLINE bool script::phase_is_over(std::size_t phase) {
  std::lock_guard const lock(mutex_);
  return left_[phase] == 0 && phase + 1 < left_.size();
}

LEAT_INLINE bool script::closed() {
  std::lock_guard const lock(mutex_);
  return closed_;
}

LEAT_INLINE std::size_t script::add_portion() {
  std::lock_guard const lock(mutex_);
  ++left_.back();
  return left_.size() - 1;
}

LEAT_INLINE void script::portion_emitted(std::size_t phase) {
  bool over = false;
  {
    std::lock_guard const lock(mutex_);
    over = --left_[phase] == 0;
  }
  if (over) wake_all();
}

LEAT_INLINE void script::next_phase() {
  {
    std::lock_guard const lock(mutex_);
    left_.push_back(0);
  }
  wake_all();
}

LEAT_INLINE void script::close() {
  {
    std::lock_guard const lock(mutex_);
    closed_ = true;
  }
  wake_all();
}

LEAT_INLINE void script::join(worker_services& worker) {
  std::lock_guard const lock(mutex_);
  hosts_.push_back(&worker);
}

LEAT_INLINE void script::leave(worker_services& worker) {
  std::lock_guard const lock(mutex_);
  std::erase(hosts_, &worker);
}

LEAT_INLINE void script::wake_all() {
  std::lock_guard const lock(mutex_);
  for (worker_services* worker : hosts_) worker->wake();
}

}  // namespace leat::detail

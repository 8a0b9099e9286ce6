// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/threads/start_thread.hpp>
#include <leat/run/threads/watchdog.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace leat::detail {

LEAT_INLINE void watchdog::every(std::chrono::nanoseconds interval, std::function<void()> look) {
  interval_ = interval;
  check_ = std::move(look);
  thread_ = start_thread([](void* self) { static_cast<watchdog*>(self)->run(); }, this);
}

LEAT_INLINE void watchdog::close() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard const lock(mutex_);
    closing_ = true;
  }
  wakeup_.notify_one();
  thread_.join();
}

LEAT_INLINE void watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!wakeup_.wait_for(lock, interval_, [this] { return closing_; })) check_();
}

}  // namespace leat::detail

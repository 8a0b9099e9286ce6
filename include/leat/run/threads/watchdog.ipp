// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/run/threads/started.hpp>
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
  look_ = std::move(look);
  thread_ = started([](void* self) { static_cast<watchdog*>(self)->run(); }, this);
}

LEAT_INLINE void watchdog::close() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard const lock(mutex_);
    closing_ = true;
  }
  bell_.notify_one();
  thread_.join();
}

LEAT_INLINE void watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!bell_.wait_for(lock, interval_, [this] { return closing_; })) look_();
}

}  // namespace leat::detail

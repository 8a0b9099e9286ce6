// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/started.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace leat::detail {

/// Looks after those who may not look after themselves: calls a function at an interval, on a thread of its own that
/// exists only where there is one to call.
class watchdog {
 public:
  watchdog() = default;
  watchdog(watchdog const&) = delete;
  watchdog& operator=(watchdog const&) = delete;
  ~watchdog() { close(); }

  /// Once.
  void every(std::chrono::nanoseconds interval, std::function<void()> look) {
    interval_ = interval;
    look_ = std::move(look);
    thread_ = started([](void* self) { static_cast<watchdog*>(self)->run(); }, this);
  }

  void close() {
    if (!thread_.joinable()) return;
    {
      std::lock_guard const lock(mutex_);
      closing_ = true;
    }
    bell_.notify_one();
    thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!bell_.wait_for(lock, interval_, [this] { return closing_; })) look_();
  }

  std::chrono::nanoseconds interval_{};
  std::function<void()> look_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace leat::detail

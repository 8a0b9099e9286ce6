// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

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
  void every(std::chrono::nanoseconds interval, std::function<void()> look);

  void close();

 private:
  void run();

  std::chrono::nanoseconds interval_{};
  std::function<void()> look_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/watchdog.ipp>
#endif

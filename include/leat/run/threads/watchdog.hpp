// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace leat::detail {

/// Calls a function at an interval, on a thread of its own, so that no worker can hold it up. The thread exists only
/// where there is a function to call.
class watchdog {
 public:
  watchdog() = default;
  watchdog(watchdog const&) = delete;
  watchdog& operator=(watchdog const&) = delete;
  ~watchdog() { close(); }

  /// Starts calling `look`. To be called once.
  void every(std::chrono::nanoseconds interval, std::function<void()> look);

  /// Returns when `look` is not called any more.
  void close();

 private:
  void run();

  std::chrono::nanoseconds interval_{};
  std::function<void()> check_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/watchdog.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace leat::detail {

/// Calls a function again and again, on a thread of its own, so that no worker can hold it up. The thread exists only
/// once there is a function to call.
class periodic_call {
 public:
  periodic_call() = default;
  periodic_call(periodic_call const&) = delete;
  periodic_call& operator=(periodic_call const&) = delete;
  ~periodic_call() { close(); }

  /// Calls `call` after `first`, and at this interval from then on. To be called once. Throws std::runtime_error when
  /// the system has no thread to give.
  void start(std::chrono::nanoseconds first, std::chrono::nanoseconds interval, std::function<void()> call);
  bool started() const { return thread_.joinable(); }

  /// Returns when `call` is not called any more.
  void close();

 private:
  void run();

  std::chrono::nanoseconds first_{};
  std::chrono::nanoseconds interval_{};
  std::function<void()> call_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/periodic_call.ipp>
#endif

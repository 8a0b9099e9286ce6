// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

/// Threads for work that waits: file systems, client libraries without callbacks. They are made as work comes in, up to
/// a bound, and work beyond it queues.
class blocking_pool {
 public:
  explicit blocking_pool(std::size_t most_threads = 64) : most_(most_threads) {}
  blocking_pool(blocking_pool const&) = delete;
  blocking_pool& operator=(blocking_pool const&) = delete;
  ~blocking_pool() { close(); }

  /// Any thread. `work` must not throw.
  void run(std::function<void()> work) {
    {
      std::lock_guard const lock(mutex_);
      if (closing_) return;
      waiting_.push_back(std::move(work));
      if (waiting_.size() > idle_ && threads_.size() < most_) threads_.emplace_back([this] { loop(); });
    }
    bell_.notify_one();
  }

  /// Drops what has not begun, waits for what has.
  void close() {
    {
      std::lock_guard const lock(mutex_);
      closing_ = true;
      waiting_.clear();
    }
    bell_.notify_all();
    for (std::thread& one : threads_)
      if (one.joinable()) one.join();
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      bell_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      --idle_;
      if (closing_) return;
      std::function<void()> const work = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable bell_;
  std::deque<std::function<void()>> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool closing_ = false;
};

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/run/started.hpp>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

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
      if (waiting() > idle_ && threads_.size() < most_)
        threads_.push_back(started([](void* self) { static_cast<blocking_pool*>(self)->loop(); }, this));
    }
    bell_.notify_one();
  }

  /// Drops what has not begun, waits for what has.
  void close() {
    {
      std::lock_guard const lock(mutex_);
      closing_ = true;
      waiting_.clear();
      next_.clear();
    }
    bell_.notify_all();
    for (std::thread& one : threads_)
      if (one.joinable()) one.join();
  }

 private:
  std::size_t waiting() const { return waiting_.size() + next_.size(); }

  void loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      bell_.wait(lock, [this] { return closing_ || waiting() != 0; });
      --idle_;
      if (closing_) return;
      if (next_.empty())
        for (; !waiting_.empty(); waiting_.pop_back()) next_.push_back(std::move(waiting_.back()));
      std::function<void()> const work = std::move(next_.back());
      next_.pop_back();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable bell_;
  list<std::function<void()>> waiting_;
  list<std::function<void()>> next_;  ///< the oldest of them, in reverse order
  list<std::thread> threads_;
  std::size_t idle_ = 0;
  bool closing_ = false;
};

}  // namespace leat::detail

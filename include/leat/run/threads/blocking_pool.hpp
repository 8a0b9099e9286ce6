// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/coroutine/blocking_work.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>

namespace leat::detail {

/// Threads for work that waits: file systems, client libraries without callbacks. They are made as work comes in, up to
/// a bound, and work beyond it queues. A call that was abandoned while it runs cannot be ended: its thread does not count,
/// so that other calls go on, up to four times the bound.
class blocking_pool {
 public:
  explicit blocking_pool(std::size_t most_threads = 64) : shared_(std::make_shared<shared>(most_threads)) {}
  blocking_pool(blocking_pool const&) = delete;
  blocking_pool& operator=(blocking_pool const&) = delete;
  ~blocking_pool() { close(std::chrono::nanoseconds(0)); }

  /// Any thread. Throws std::runtime_error when there is no thread at all and none can be made: then it is not run.
  void run(std::shared_ptr<blocking_work> work);

  /// Drops what has not begun, and waits for so long for what has. Gives the number of calls that it leaves behind: their
  /// threads end when they return.
  std::size_t close(std::chrono::nanoseconds patience);

 private:
  struct shared;

  /// Of one thread.
  struct place {
    std::shared_ptr<shared> of;
    std::thread thread;
    std::shared_ptr<blocking_work> work;  ///< what it is at
    bool ended = false;
  };

  /// Belongs to all threads, some of which may outlive the pool.
  struct shared final : abandon_listener, std::enable_shared_from_this<shared> {
    explicit shared(std::size_t most_threads) : most(most_threads) {}

    /// What queues may now have a thread. Where the system has none to give, it queues on.
    void on_abandoned() override;

    /// For what queues and `more` besides.
    void offer_thread(std::size_t more);

    bool may_start() const;

    std::shared_ptr<blocking_work> next();

    std::size_t most;
    std::mutex mutex;
    std::condition_variable bell;
    std::condition_variable over;  ///< a thread has ended
    list<std::shared_ptr<blocking_work>> fresh;
    list<std::shared_ptr<blocking_work>> oldest;  ///< in reverse order
    list<std::unique_ptr<place>> places;
    std::size_t running = 0;  ///< threads
    std::size_t idle = 0;
    bool closing = false;
  };

  static void loop(void* given);

  std::shared_ptr<shared> shared_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/blocking_pool.ipp>
#endif

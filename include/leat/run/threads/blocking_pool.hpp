// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/coroutine/blocking_work.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>

namespace leat::detail {

/// Threads for work that blocks: file systems, client libraries without callbacks. A thread is started when work comes
/// in, up to `most_threads`; work beyond that queues. A call that was abandoned while it runs cannot be ended. Its
/// thread then does not count towards the bound, so that other calls go on. There are at most four times as many
/// threads as the bound.
class blocking_pool {
 public:
  explicit blocking_pool(std::size_t most_threads = 64) : shared_(std::make_shared<shared>(most_threads)) {}
  blocking_pool(blocking_pool const&) = delete;
  blocking_pool& operator=(blocking_pool const&) = delete;
  ~blocking_pool() { close(std::chrono::nanoseconds(0)); }

  /// Any thread. Throws std::runtime_error when there is no thread and none can be started: then the work is not run.
  void run(std::shared_ptr<blocking_work> work);

  /// Drops the work that has not begun, and waits up to `timeout` for the calls that have. Returns the number of calls
  /// that still run: the thread of each ends when the call returns.
  std::size_t close(std::chrono::nanoseconds timeout);

 private:
  struct shared;

  struct pool_thread {
    std::shared_ptr<shared> pool;
    std::thread thread;
    std::shared_ptr<blocking_work> work;  ///< the call that runs; null: none does
    bool ended = false;
  };

  /// Owned by the pool and by each of its threads, some of which may outlive the pool.
  struct shared final : abandon_listener, std::enable_shared_from_this<shared> {
    explicit shared(std::size_t most_threads) : most(most_threads) {}

    /// Starts a thread for queued work, in place of that of the abandoned call. Where the system has none to give, the
    /// work stays in the queue.
    void on_abandoned() override;

    /// Starts a thread where more work queues than threads are idle. `coming`: work that is about to be queued.
    void offer_thread(std::size_t coming);

    bool may_start() const;

    /// Takes the oldest work from the queue, which may not be empty.
    std::shared_ptr<blocking_work> next();

    std::size_t most;
    std::mutex mutex;
    std::condition_variable wakeup;
    std::condition_variable thread_ended;
    list<std::shared_ptr<blocking_work>> newer;           ///< the end of the queue
    list<std::shared_ptr<blocking_work>> older_reversed;  ///< its front, the oldest last
    list<std::unique_ptr<pool_thread>> threads;
    std::size_t running = 0;  ///< threads
    std::size_t idle = 0;
    bool closing = false;
  };

  static void loop(void* started);

  std::shared_ptr<shared> shared_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/blocking_pool.ipp>
#endif

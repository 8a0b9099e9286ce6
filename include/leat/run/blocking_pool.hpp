// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/op/blocking_work.hpp>
#include <leat/run/started.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

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
  void run(std::shared_ptr<blocking_work> work) {
    work->tell_when_abandoned(shared_);
    std::lock_guard const lock(shared_->mutex);
    if (shared_->closing) return;
    shared_->offer_thread(1);
    shared_->fresh.push_back(std::move(work));
    shared_->bell.notify_one();
  }

  /// Drops what has not begun, and waits for so long for what has. Gives the number of calls that it leaves behind: their
  /// threads end when they return.
  std::size_t close(std::chrono::nanoseconds patience) {
    {
      list<std::shared_ptr<blocking_work>> fresh;  // what they own is destroyed when the lock has been given back
      list<std::shared_ptr<blocking_work>> oldest;
      std::lock_guard const lock(shared_->mutex);
      shared_->closing = true;
      std::swap(fresh, shared_->fresh);
      std::swap(oldest, shared_->oldest);
      shared_->bell.notify_all();
    }
    list<std::thread> ended;
    std::size_t left = 0;
    {
      std::unique_lock lock(shared_->mutex);
      shared_->over.wait_for(lock, patience, [this] { return shared_->running == 0; });
      for (std::unique_ptr<place> const& each : shared_->places) {
        if (!each->thread.joinable()) continue;
        if (each->ended) {
          ended.push_back(std::move(each->thread));
        } else {
          each->thread.detach();
          ++left;
        }
      }
    }
    for (std::thread& each : ended) each.join();
    return left;
  }

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
    void on_abandoned() override {
      std::lock_guard const lock(mutex);
      try {
        if (!closing) offer_thread(0);
      } catch (std::runtime_error const&) {
      }
    }

    /// For what queues and `more` besides.
    void offer_thread(std::size_t more) {
      if (fresh.size() + oldest.size() + more <= idle || !may_start()) return;
      auto made = std::make_unique<place>();
      made->of = shared_from_this();
      try {
        made->thread = started(&loop, made.get());
      } catch (std::runtime_error const&) {
        if (running != 0) return;
        throw;
      }
      ++running;
      places.push_back(std::move(made));
    }

    bool may_start() const {
      if (running < most) return true;
      std::size_t abandoned = 0;
      for (std::unique_ptr<place> const& each : places) abandoned += each->work && each->work->abandoned() ? 1u : 0u;
      return running - abandoned < most && running < 4 * most;
    }

    std::shared_ptr<blocking_work> next() {
      if (oldest.empty())
        for (; !fresh.empty(); fresh.pop_back()) oldest.push_back(std::move(fresh.back()));
      std::shared_ptr<blocking_work> first = std::move(oldest.back());
      oldest.pop_back();
      return first;
    }

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

  static void loop(void* given) {
    place& mine = *static_cast<place*>(given);
    std::shared_ptr<shared> const all = mine.of;
    std::unique_lock lock(all->mutex);
    for (;;) {
      ++all->idle;
      all->bell.wait(lock, [&] { return all->closing || !all->fresh.empty() || !all->oldest.empty(); });
      --all->idle;
      if (all->closing) break;
      std::shared_ptr<blocking_work> work = all->next();
      mine.work = work;
      lock.unlock();
      if (!work->abandoned()) work->run();
      lock.lock();
      std::shared_ptr<blocking_work> done = std::move(mine.work);
      lock.unlock();
      done.reset();  // what it owns is the user's: not with the lock held
      work.reset();
      lock.lock();
    }
    mine.of.reset();
    mine.ended = true;
    --all->running;
    all->over.notify_all();
  }

  std::shared_ptr<shared> shared_;
};

}  // namespace leat::detail

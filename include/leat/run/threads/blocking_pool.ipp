// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/run/threads/blocking_pool.hpp>
#include <leat/run/threads/start_thread.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace leat::detail {

LEAT_INLINE void blocking_pool::run(std::shared_ptr<blocking_work> work) {
  work->tell_when_abandoned(shared_);
  std::lock_guard const lock(shared_->mutex);
  if (shared_->closing) return;
  shared_->offer_thread(1);
  shared_->newer.push_back(std::move(work));
  shared_->wakeup.notify_one();
}

LEAT_COLD std::size_t blocking_pool::close(std::chrono::nanoseconds timeout) {
  {
    list<std::shared_ptr<blocking_work>> newer;  // destroyed after the lock has been released: the work is the user's
    list<std::shared_ptr<blocking_work>> older_reversed;
    std::lock_guard const lock(shared_->mutex);
    shared_->closing = true;
    std::swap(newer, shared_->newer);
    std::swap(older_reversed, shared_->older_reversed);
    shared_->wakeup.notify_all();
  }
  list<std::thread> ended;
  std::size_t still_running = 0;
  {
    std::unique_lock lock(shared_->mutex);
    shared_->thread_ended.wait_for(lock, timeout, [this] { return shared_->running == 0; });
    for (std::unique_ptr<pool_thread> const& thread : shared_->threads) {
      if (!thread->thread.joinable()) continue;
      if (thread->ended) {
        ended.push_back(std::move(thread->thread));
      } else {
        thread->thread.detach();
        ++still_running;
      }
    }
  }
  for (std::thread& each : ended) each.join();
  return still_running;
}

LEAT_INLINE void blocking_pool::shared::on_abandoned() {
  std::lock_guard const lock(mutex);
  try {
    if (!closing) offer_thread(0);
  } catch (std::runtime_error const&) {
  }
}

LEAT_INLINE void blocking_pool::shared::offer_thread(std::size_t coming) {
  if (newer.size() + older_reversed.size() + coming <= idle || !may_start()) return;
  auto added = std::make_unique<pool_thread>();
  added->pool = shared_from_this();
  try {
    added->thread = start_thread(&loop, added.get());
  } catch (std::runtime_error const&) {
    if (running != 0) return;
    throw;
  }
  ++running;
  threads.push_back(std::move(added));
}

LEAT_INLINE bool blocking_pool::shared::may_start() const {
  if (running < most) return true;
  std::size_t abandoned = 0;
  for (std::unique_ptr<pool_thread> const& each : threads) abandoned += each->work && each->work->abandoned() ? 1u : 0u;
  return running - abandoned < most && running < 4 * most;
}

LEAT_INLINE std::shared_ptr<blocking_work> blocking_pool::shared::next() {
  if (older_reversed.empty())
    for (; !newer.empty(); newer.pop_back()) older_reversed.push_back(std::move(newer.back()));
  std::shared_ptr<blocking_work> first = std::move(older_reversed.back());
  older_reversed.pop_back();
  return first;
}

LEAT_INLINE void blocking_pool::loop(void* started) {
  pool_thread& self = *static_cast<pool_thread*>(started);
  std::shared_ptr<shared> const pool = self.pool;
  std::unique_lock lock(pool->mutex);
  for (;;) {
    ++pool->idle;
    pool->wakeup.wait(lock, [&] { return pool->closing || !pool->newer.empty() || !pool->older_reversed.empty(); });
    --pool->idle;
    if (pool->closing) break;
    std::shared_ptr<blocking_work> work = pool->next();
    self.work = work;
    lock.unlock();
    if (!work->abandoned()) work->run();
    lock.lock();
    std::shared_ptr<blocking_work> done = std::move(self.work);
    lock.unlock();
    done.reset();  // runs destructors of the user's: not with the lock held
    work.reset();
    lock.lock();
  }
  self.pool.reset();
  self.ended = true;
  --pool->running;
  pool->thread_ended.notify_all();
}

}  // namespace leat::detail

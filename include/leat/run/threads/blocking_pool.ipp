// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/run/threads/blocking_pool.hpp>
#include <leat/run/threads/started.hpp>

#include <chrono>
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
  shared_->fresh.push_back(std::move(work));
  shared_->bell.notify_one();
}

LEAT_INLINE std::size_t blocking_pool::close(std::chrono::nanoseconds patience) {
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

LEAT_INLINE void blocking_pool::shared::on_abandoned() {
  std::lock_guard const lock(mutex);
  try {
    if (!closing) offer_thread(0);
  } catch (std::runtime_error const&) {
  }
}

LEAT_INLINE void blocking_pool::shared::offer_thread(std::size_t more) {
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

LEAT_INLINE bool blocking_pool::shared::may_start() const {
  if (running < most) return true;
  std::size_t abandoned = 0;
  for (std::unique_ptr<place> const& each : places) abandoned += each->work && each->work->abandoned() ? 1u : 0u;
  return running - abandoned < most && running < 4 * most;
}

LEAT_INLINE std::shared_ptr<blocking_work> blocking_pool::shared::next() {
  if (oldest.empty())
    for (; !fresh.empty(); fresh.pop_back()) oldest.push_back(std::move(fresh.back()));
  std::shared_ptr<blocking_work> first = std::move(oldest.back());
  oldest.pop_back();
  return first;
}

LEAT_INLINE void blocking_pool::loop(void* given) {
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

}  // namespace leat::detail

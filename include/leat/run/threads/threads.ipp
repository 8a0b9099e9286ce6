// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/threads/blocking_pool.hpp>
#include <leat/run/threads/fence.hpp>
#include <leat/run/threads/readiness.hpp>
#include <leat/run/threads/threads.hpp>
#include <leat/run/threads/watchdog.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE void thread_runtime::drive(std::vector<runnable*> const& all) {
  std::size_t const cores = (std::max<std::size_t>)(1, std::thread::hardware_concurrency());
  std::size_t const threads = (std::min)(cores, all.size());
  for (std::size_t i = 0; i != threads; ++i) worker_threads_.push_back(std::make_unique<worker_thread>(*this));
  for (std::size_t i = 0; i != all.size(); ++i) {
    worker_threads_[i % threads]->workers.push_back(all[i]);
    lane_of_.emplace_back(all[i], worker_threads_[i % threads].get());
  }
  driving_.store(true, std::memory_order_seq_cst);
  start_threads();
  run(*worker_threads_.front());
  for (std::thread& t : pool_) t.join();
  watchdog_.close();
  std::size_t const left = blocking_.close(patience_at_the_end);
  if (left != 0)
    log(concat({"leat: the run has ended, but calls of leat::blocking have not: ", std::to_string(left),
                left == 1 ? " is left behind" : " are left behind"}));
  readiness_.close();
}

LEAT_INLINE void thread_runtime::wake(runnable& which) {
  if (!driving_.load(std::memory_order_acquire)) return;
  for (auto const& [worker, where] : lane_of_)
    if (worker == &which) where->wake();
}

LEAT_INLINE std::uint64_t thread_runtime::seed() {
  std::uint64_t drawn = 0;
  if (::getentropy(&drawn, sizeof drawn) != 0) throw std::runtime_error("leat: the system gives no random numbers");
  return drawn;
}

LEAT_INLINE void thread_runtime::every(std::chrono::nanoseconds interval, std::function<void()> look) {
  watchdog_.every(interval, std::move(look));
}

LEAT_INLINE void thread_runtime::wake_when_readable(int descriptor, runnable& which) {
  readiness_.watch(descriptor, &which, [this, &which] { wake(which); });
}

LEAT_INLINE thread_runtime::worker_thread::~worker_thread() {
  if (bell_descriptor >= 0) ::close(bell_descriptor);
}

LEAT_INLINE void thread_runtime::worker_thread::wake() {
  if (!asleep.load(std::memory_order_relaxed)) return;
  std::lock_guard const lock(mutex);
  rung = true;
  bell.notify_one();
  if (bell_descriptor >= 0) ::eventfd_write(bell_descriptor, 1);
}

LEAT_INLINE void thread_runtime::worker_thread::wait(steady_time until, std::vector<pollfd>& all) {
  std::unique_lock lock(mutex);
  if (all.empty()) {
    if (until == never)
      bell.wait(lock, [&] { return rung; });
    else
      bell.wait_until(lock, until, [&] { return rung; });
    return;
  }
  if (rung) return;
  if (bell_descriptor < 0) bell_descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell_descriptor < 0)
    throw std::runtime_error("leat: cannot make the descriptor that a sleeping worker is woken by");
  lock.unlock();
  all.push_back({bell_descriptor, POLLIN, 0});
  std::chrono::nanoseconds const left = until - std::chrono::steady_clock::now();
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  timespec const limit{seconds.count(), (left - seconds).count()};
  if (until == never || left.count() > 0) ::ppoll(all.data(), all.size(), until == never ? nullptr : &limit, nullptr);
  eventfd_t rings = 0;
  if (all.back().revents != 0) ::eventfd_read(bell_descriptor, &rings);
}

LEAT_INLINE void thread_runtime::start_threads() {
  std::size_t count = 1;
  std::string why;
  try {
    for (; count != worker_threads_.size(); ++count) pool_.emplace_back(&begin, worker_threads_[count].get());
  } catch (std::system_error const& cause) {
    why = cause.code().message();
  }
  {
    std::lock_guard const lock(beginning_);
    begins_ = why.empty() ? may_begin::yes : may_begin::no;
  }
  all_are_there_.notify_all();
  if (why.empty()) return;
  for (std::thread& t : pool_) t.join();
  throw run_error(
      concat({"cannot start a thread (", std::to_string(count), " of ", std::to_string(worker_threads_.size()), " run): ", why}),
      "", {}, 0, 0);
}

LEAT_INLINE void thread_runtime::begin(void* given) {
  worker_thread& mine = *static_cast<worker_thread*>(given);
  thread_runtime& all = *mine.of;
  {
    std::unique_lock lock(all.beginning_);
    all.all_are_there_.wait(lock, [&all] { return all.begins_ != may_begin::not_yet; });
    if (all.begins_ == may_begin::no) return;
  }
  all.run(mine);
}

LEAT_INLINE bool thread_runtime::turn_all(worker_thread& mine, bool& alive) {
  bool progress = false;
  alive = false;
  for (runnable* worker : mine.workers) {
    if (worker->body().done()) continue;
    progress = worker->body().turn() || progress;
    alive = alive || !worker->body().done();
  }
  return progress;
}

LEAT_INLINE void thread_runtime::run(worker_thread& mine) {
  bool alive = true;
  while (alive) {
    if (turn_all(mine, alive)) continue;
    if (spin_.count() > 0 && spin(mine, alive)) continue;
    if (!alive) return;
    try {
      sleep(mine, alive);
    } catch (...) {  // the workers take turns until they have ended
      mine.asleep.store(false, std::memory_order_relaxed);
      for (runnable* worker : mine.workers)
        if (!worker->body().done()) worker->fail(std::current_exception());
    }
  }
}

LEAT_INLINE bool thread_runtime::spin(worker_thread& mine, bool& alive) {
  steady_time const begun = now();
  steady_time const until = spin_ < never - begun ? begun + spin_ : never;
  for (steady_time at = begun; alive && at < until; at = now()) {
    if (turn_all(mine, alive)) return true;
    if (at - begun > alone_on_core) std::this_thread::yield();
  }
  return !alive;
}

LEAT_INLINE void thread_runtime::sleep(worker_thread& mine, bool& alive) {
  mine.asleep.store(true, std::memory_order_relaxed);
  full_fence();
  if (!turn_all(mine, alive) && alive) {
    steady_time until = never;
    for (runnable* worker : mine.workers)
      if (!worker->body().done()) until = (std::min)(until, worker->wake_at());
    std::vector<awaited> wanted;
    for (runnable* worker : mine.workers)
      if (!worker->body().done()) worker->add_awaited(wanted);
    std::vector<pollfd> all;
    all.reserve(wanted.size() + 1);  // the bell's comes last
    for (awaited const& one : wanted)
      all.push_back({one.descriptor, static_cast<short>(one.room ? POLLIN | POLLOUT : POLLIN), 0});
    mine.wait(until, all);
  }
  mine.asleep.store(false, std::memory_order_relaxed);
  std::lock_guard const lock(mine.mutex);
  mine.rung = false;
}

}  // namespace leat::detail

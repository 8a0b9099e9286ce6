// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/error.hpp>
#include <leat/run/files.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/threads/blocking_pool.hpp>
#include <leat/run/threads/fence.hpp>
#include <leat/run/threads/periodic_call.hpp>
#include <leat/run/threads/readiness.hpp>
#include <leat/run/threads/threads.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD void thread_runtime::drive(std::vector<runnable*> const& workers) {
  std::size_t const cores = (std::max<std::size_t>)(1, std::thread::hardware_concurrency());
  std::vector<worker_thread*> shared;
  std::size_t next = 0;
  for (runnable* const runnable : workers) {
    bool const own = runnable->has_own_thread();
    if (own || shared.size() != cores) {
      worker_threads_.push_back(std::make_unique<worker_thread>(*this));
      worker_threads_.back()->spins = !own;
      if (!own) shared.push_back(worker_threads_.back().get());
    }
    worker_thread* const thread = own ? worker_threads_.back().get() : shared[next++ % cores];
    thread->workers.push_back(runnable);
    thread_of_.emplace_back(runnable, thread);
  }
  driving_.store(true, std::memory_order_seq_cst);
  start_threads();
  run(*worker_threads_.front());
  for (std::thread& thread : pool_) thread.join();
  watchdog_.close();
  std::size_t const still_running = blocking_.close(blocking_close_timeout);
  if (still_running != 0)
    log(concat({"leat: the run has ended, but calls of leat::blocking have not: ", std::to_string(still_running),
                still_running == 1 ? " is left behind" : " are left behind"}));
  readiness_.close();
}

LEAT_INLINE void thread_runtime::wake(runnable& worker) {
  if (!driving_.load(std::memory_order_acquire)) return;
  for (auto const& [runs, thread] : thread_of_)
    if (runs == &worker) thread->wake();
}

LEAT_COLD std::uint64_t thread_runtime::seed() {
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof random) != 0) throw std::runtime_error("leat: the system gives no random numbers");
  return random;
}

LEAT_COLD void thread_runtime::every(std::chrono::nanoseconds interval, std::function<void()> look) {
  watchdog_.start(interval, interval, std::move(look));
}

LEAT_INLINE file_system& thread_runtime::files() { return machine_files(); }

LEAT_INLINE void thread_runtime::wake_when_readable(int descriptor, runnable& worker) {
  readiness_.watch(descriptor, &worker, [this, &worker] { wake(worker); });
}

LEAT_COLD thread_runtime::worker_thread::~worker_thread() {
  if (wakeup_descriptor >= 0) ::close(wakeup_descriptor);
}

LEAT_INLINE void thread_runtime::worker_thread::wake() {
  if (!asleep.load(std::memory_order_relaxed)) return;
  std::lock_guard const lock(mutex);
  woken = true;
  wakeup.notify_one();
  if (wakeup_descriptor >= 0) ::eventfd_write(wakeup_descriptor, 1);
}

LEAT_INLINE void thread_runtime::worker_thread::wait(steady_time until, std::vector<pollfd>& descriptors) {
  std::unique_lock lock(mutex);
  if (descriptors.empty()) {
    if (until == never)
      wakeup.wait(lock, [&] { return woken; });
    else
      wakeup.wait_until(lock, until, [&] { return woken; });
    return;
  }
  if (woken) return;
  if (wakeup_descriptor < 0) wakeup_descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wakeup_descriptor < 0)
    throw run_error(concat({"cannot make the descriptor that a sleeping worker is woken by: ",
                            std::generic_category().message(errno)}),
                    "", {}, 0, 0);
  lock.unlock();
  descriptors.push_back({wakeup_descriptor, POLLIN, 0});
  steady_time const now = std::chrono::steady_clock::now();
  std::chrono::nanoseconds const left = until <= now ? std::chrono::nanoseconds(0) : until - now;  // or it overflows
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  timespec const limit{seconds.count(), (left - seconds).count()};
  if (until == never || left.count() > 0)
    ::ppoll(descriptors.data(), descriptors.size(), until == never ? nullptr : &limit, nullptr);
  eventfd_t wakeups = 0;
  if (descriptors.back().revents != 0) ::eventfd_read(wakeup_descriptor, &wakeups);
}

LEAT_COLD void thread_runtime::start_threads() {
  std::size_t count = 1;
  std::string reason;
  try {
    for (; count != worker_threads_.size(); ++count) pool_.emplace_back(&begin, worker_threads_[count].get());
  } catch (std::system_error const& cause) {
    reason = cause.code().message();
  }
  {
    std::lock_guard const lock(start_mutex_);
    start_ = reason.empty() ? start_decision::begin : start_decision::give_up;
  }
  start_decided_.notify_all();
  if (reason.empty()) return;
  for (std::thread& thread : pool_) thread.join();
  throw run_error(concat({"cannot start a thread (", std::to_string(count), " of ",
                          std::to_string(worker_threads_.size()), " run): ", reason}),
                  "", {}, 0, 0);
}

LEAT_COLD void thread_runtime::begin(void* started) {
  worker_thread& thread = *static_cast<worker_thread*>(started);
  thread_runtime& self = *thread.runtime;
  {
    std::unique_lock lock(self.start_mutex_);
    self.start_decided_.wait(lock, [&self] { return self.start_ != start_decision::pending; });
    if (self.start_ == start_decision::give_up) return;
  }
  self.run(thread);
}

LEAT_INLINE bool thread_runtime::turn_all(worker_thread& thread, bool& alive) {
  bool progress = false;
  alive = false;
  for (runnable* worker : thread.workers) {
    if (worker->body().done()) continue;
    progress = worker->body().turn() || progress;
    alive = alive || !worker->body().done();
  }
  return progress;
}

LEAT_INLINE void thread_runtime::run(worker_thread& thread) {
  bool alive = true;
  while (alive) {
    if (turn_all(thread, alive)) continue;
    if (spin_.count() > 0 && thread.spins && spin(thread, alive)) continue;
    if (!alive) return;
    try {
      sleep(thread, alive);
    } catch (...) {  // no sleep then: the workers are given turns until they have ended
      thread.asleep.store(false, std::memory_order_relaxed);
      for (runnable* worker : thread.workers)
        if (!worker->body().done()) worker->fail(std::current_exception());
    }
  }
}

LEAT_INLINE bool thread_runtime::spin(worker_thread& thread, bool& alive) {
  steady_time const begun = now();
  steady_time const until = spin_ < never - begun ? begun + spin_ : never;
  for (steady_time at = begun; alive && at < until; at = now()) {
    if (turn_all(thread, alive)) return true;
    if (at - begun > spin_without_yield) std::this_thread::yield();
  }
  return !alive;
}

LEAT_INLINE void thread_runtime::sleep(worker_thread& thread, bool& alive) {
  thread.asleep.store(true, std::memory_order_relaxed);
  full_fence();
  if (!turn_all(thread, alive) && alive) {
    steady_time until = never;
    for (runnable* worker : thread.workers)
      if (!worker->body().done()) until = (std::min)(until, worker->wake_at());
    std::vector<awaited> waited_for;
    for (runnable* worker : thread.workers)
      if (!worker->body().done()) worker->add_awaited(waited_for);
    std::vector<pollfd> descriptors;
    descriptors.reserve(waited_for.size() + 1);  // `wait` adds the eventfd
    for (awaited const& each : waited_for)
      descriptors.push_back({each.descriptor, static_cast<short>(each.room ? POLLIN | POLLOUT : POLLIN), 0});
    thread.wait(until, descriptors);
  }
  thread.asleep.store(false, std::memory_order_relaxed);
  std::lock_guard const lock(thread.mutex);
  thread.woken = false;
}

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/fwd.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/peers/link.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

class blocking_work;

/// A worker as its runtime sees it: a coroutine that is resumed for one turn at a time.
class worker_coroutine {
 public:
  struct promise_type {
    bool progress = true;
    worker_coroutine get_return_object() {
      return worker_coroutine(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(bool made_progress) noexcept;
    void return_void() noexcept {}
    void unhandled_exception() { throw; }
  };

  explicit worker_coroutine(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  worker_coroutine(worker_coroutine&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  worker_coroutine& operator=(worker_coroutine&&) = delete;
  ~worker_coroutine();

  bool done() const { return handle_.done(); }
  /// One turn. True when the worker made progress.
  bool turn();

 private:
  std::coroutine_handle<promise_type> handle_;
};

/// What a runtime drives.
class runnable {
 public:
  virtual ~runnable() = default;
  virtual worker_coroutine& body() = 0;
  /// What its runtime cannot go on from. Any thread.
  virtual void fail(std::exception_ptr cause) = 0;
  /// It may not be left asleep past this time.
  virtual steady_time wake_at() = 0;
  /// Nor when one of these is ready.
  virtual void add_awaited(std::vector<awaited>& awaited) { (void)awaited; }
  /// Whether it may not share its thread with others.
  virtual bool has_own_thread() const { return false; }
};

/// Everything that the outside world decides passes here: time, chance, threads, waiting, files, the environment. One
/// virtual call per turn or per suspension, none per record. The production runtime is threads; the simulated one is
/// one thread, a seed and virtual time.
class runtime {
 public:
  runtime() = default;
  runtime(runtime const&) = delete;
  runtime& operator=(runtime const&) = delete;
  virtual ~runtime() = default;

  /// Runs these to their end, on the runtime's own threads. Returns when all are done. Throws before any has begun,
  /// when there cannot be the threads.
  virtual void drive(std::vector<runnable*> const& runnables) = 0;
  /// Any thread. The one named takes another turn soon.
  virtual void wake(runnable& runnable) = 0;

  virtual steady_time now() = 0;
  virtual wall_time wall() = 0;
  /// For the generators of chance; drawn once per worker, and for each file of a recovery store.
  virtual std::uint64_t seed() = 0;

  /// A line for the person who started the run.
  virtual void log(std::string const& line) = 0;

  /// Calls `look` again and again, at this interval, until `drive` returns: on a thread that no worker can hold up. A
  /// simulated worker never holds up anybody, so there it is not called.
  virtual void every(std::chrono::nanoseconds interval, std::function<void()> look) = 0;

  /// Runs `work` where it may wait, unless it has been abandoned by then. Throws std::runtime_error when it will not be
  /// run.
  virtual void block(std::shared_ptr<blocking_work> work) = 0;
  /// Where sources and sinks read and write. Workers use it from their threads.
  virtual file_system& files() = 0;
  /// Wakes `runnable` once the descriptor can be read without waiting, or has been closed by its peer.
  virtual void wake_when_readable(int descriptor, runnable& runnable) = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/runtime.ipp>
#endif

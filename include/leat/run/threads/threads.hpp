// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/shown_text.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/threads/blocking_pool.hpp>
#include <leat/run/threads/readiness.hpp>
#include <leat/run/threads/watchdog.hpp>

#include <poll.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

/// The production runtime: workers on threads, never more threads than cores. A thread without work looks for some
/// for a short while, then sleeps until it is woken or a worker's time comes.
class thread_runtime final : public runtime {
 public:
  explicit thread_runtime(std::chrono::nanoseconds spin) : spin_(spin) {}
  void drive(std::vector<runnable*> const& all) override;

  void wake(runnable& which) override;

  steady_time now() override { return std::chrono::steady_clock::now(); }
  wall_time wall() override { return std::chrono::system_clock::now(); }
  std::uint64_t seed() override;

  void log(std::string const& line) override { std::fputs((shown_lines(line) + "\n").c_str(), stderr); }

  void every(std::chrono::nanoseconds interval, std::function<void()> look) override;

  void block(std::shared_ptr<blocking_work> work) override { blocking_.run(std::move(work)); }

  void wake_when_readable(int descriptor, runnable& which) override;

 private:
  /// The workers of one thread, and where it sleeps.
  struct worker_thread {
    thread_runtime* of;
    std::vector<runnable*> workers;
    std::atomic<bool> asleep{false};
    std::mutex mutex;
    std::condition_variable bell;
    bool rung = false;
    int bell_descriptor = -1;  ///< rings too, where the thread also waits for descriptors

    explicit worker_thread(thread_runtime& runtime) : of(&runtime) {}
    worker_thread(worker_thread const&) = delete;
    worker_thread& operator=(worker_thread const&) = delete;
    ~worker_thread();

    void wake();

    /// Until the bell rings, that time comes, or one of these is ready.
    void wait(steady_time until, std::vector<pollfd>& all);
  };

  /// None begins before all are there: what one worker has begun it cannot take back when another has no thread.
  void start_threads();
  static void begin(void* given);

  static bool turn_all(worker_thread& mine, bool& alive);

  void run(worker_thread& mine);

  /// True when there was something to do before the patience ran out. Whoever is waited for may need this very core: after
  /// a moment it is offered between two looks.
  bool spin(worker_thread& mine, bool& alive);

  /// The last look comes after the flag is up, so that whoever does not see the flag has been seen.
  void sleep(worker_thread& mine, bool& alive);

  static constexpr auto alone_on_core = std::chrono::microseconds(1);
  static constexpr auto patience_at_the_end = std::chrono::seconds(5);
  enum class may_begin : std::uint8_t { not_yet, yes, no };

  std::chrono::nanoseconds spin_;
  std::vector<std::unique_ptr<worker_thread>> worker_threads_;
  std::vector<std::pair<runnable*, worker_thread*>> lane_of_;
  std::vector<std::thread> pool_;
  std::mutex beginning_;
  std::condition_variable all_are_there_;
  may_begin begins_ = may_begin::not_yet;
  std::atomic<bool> driving_{false};
  blocking_pool blocking_;
  readiness readiness_;
  watchdog watchdog_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/threads.ipp>
#endif

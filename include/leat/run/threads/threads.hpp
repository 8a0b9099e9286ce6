// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/detail/shown_text.hpp>
#include <leat/detail/status_line.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/threads/blocking_pool.hpp>
#include <leat/run/threads/periodic_call.hpp>
#include <leat/run/threads/readiness.hpp>

#include <poll.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace leat::detail {

/// The production runtime: workers on threads, never more threads than cores. A thread whose workers have nothing to do
/// goes on giving them turns for a short while. Then it sleeps until it is woken, or until a worker's time comes.
class thread_runtime final : public runtime {
 public:
  explicit thread_runtime(std::chrono::nanoseconds spin) : spin_(spin) {}
  void drive(std::vector<runnable*> const& workers) override;

  void wake(runnable& worker) override;

  steady_time now() override { return std::chrono::steady_clock::now(); }
  wall_time wall() override { return std::chrono::system_clock::now(); }
  std::uint64_t seed() override;

  void log(std::string const& line) override { print_error_line(shown_lines(line)); }

  void every(std::chrono::nanoseconds interval, std::function<void()> look) override;

  void block(std::shared_ptr<blocking_work> work) override { blocking_.run(std::move(work)); }

  file_system& files() override;
  void wake_when_readable(int descriptor, runnable& worker) override;

 private:
  /// The workers of one thread, and where it sleeps.
  struct worker_thread {
    thread_runtime* runtime;
    std::vector<runnable*> workers;
    std::atomic<bool> asleep{false};
    std::mutex mutex;
    std::condition_variable wakeup;
    bool woken = false;
    bool spins = true;           ///< looks for work for a while before it sleeps
    int wakeup_descriptor = -1;  ///< an eventfd that wakes the thread while it waits for descriptors; -1: none yet

    explicit worker_thread(thread_runtime& owner) : runtime(&owner) {}
    worker_thread(worker_thread const&) = delete;
    worker_thread& operator=(worker_thread const&) = delete;
    ~worker_thread();

    void wake();

    /// Returns when the thread is woken, when that time comes, or when one of these descriptors is ready.
    void wait(steady_time until, std::vector<pollfd>& descriptors);
  };

  /// No worker begins before all threads have been started: what it has begun cannot be undone when the system refuses
  /// a later thread.
  void start_threads();
  static void begin(void* started);

  /// A turn for each worker of the thread. True when one of them made progress. `alive`: some have not ended.
  static bool turn_all(worker_thread& thread, bool& alive);

  void run(worker_thread& thread);

  /// Gives the workers turns until one makes progress; false when none did within `spin_`. The thread that they wait
  /// for may need this core, so after a moment the core is yielded between two rounds.
  bool spin(worker_thread& thread, bool& alive);

  /// The last round of turns comes after `asleep` has been set: a thread that gives the workers something either sees
  /// `asleep`, and wakes this one, or that round sees what it gave.
  void sleep(worker_thread& thread, bool& alive);

  static constexpr auto spin_without_yield = std::chrono::microseconds(1);
  static constexpr auto blocking_close_timeout = std::chrono::seconds(5);
  enum class start_decision : std::uint8_t { pending, begin, give_up };

  std::chrono::nanoseconds spin_;
  std::vector<std::unique_ptr<worker_thread>> worker_threads_;
  std::vector<std::pair<runnable*, worker_thread*>> thread_of_;
  std::vector<std::thread> pool_;
  std::mutex start_mutex_;
  std::condition_variable start_decided_;
  start_decision start_ = start_decision::pending;
  std::atomic<bool> driving_{false};
  blocking_pool blocking_;
  readiness readiness_;
  periodic_call watchdog_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/threads/threads.ipp>
#endif

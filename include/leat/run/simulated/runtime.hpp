// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/run/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace leat {

/// A simulated flow cannot go on: nothing is under way, no time is waited for, and workers have not ended. Either a
/// wake-up was lost, or something waits for what the simulation does not have, another thread say.
class stuck_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// One thread, a seed and virtual time. In each step one of the workers that are awake, chosen by chance, takes one
/// turn (a seed makes some of them slow: they are seldom chosen); when it makes no progress it sleeps until it is woken
/// or its time has come; when all sleep the clock jumps to the next time that somebody waits for. The same seed gives
/// the same trace, whatever compiled it. It can drive the workers of several processes, and is meant for the calling
/// thread alone.
class simulated_runtime final : public runtime {
 public:
  /// A turn takes up to `longest_turn` of virtual time; with zero, time passes only while all sleep.
  explicit simulated_runtime(std::uint64_t seed, std::chrono::nanoseconds longest_turn = std::chrono::microseconds(10));

  /// To the end of all. Throws stuck_error.
  void drive(std::vector<runnable*> const& runnables) override;
  void run_out();

  void every(std::chrono::nanoseconds, std::function<void()>) override {}

  /// What the processes have told, in its order.
  std::vector<std::string> log_lines;

  // By hand:

  /// They are woken for the first time after `wait`.
  void add(std::vector<runnable*> const& runnables, std::chrono::nanoseconds wait = std::chrono::nanoseconds(0));
  /// These get no turn any more, as if their process had been killed; waking them has no effect. Not to be called in a
  /// turn.
  void remove(std::vector<runnable*> const& runnables);
  bool all_done() const;

  /// One turn, or one jump of the clock. False when nothing happens up to `limit`.
  bool step(steady_time limit);

  /// All that happens within this much virtual time.
  void advance(std::chrono::nanoseconds duration);

  /// Calls `f` in the simulation after this much virtual time; calls for one time in the order they were made in.
  void after(std::chrono::nanoseconds wait, std::function<void()> f);

  /// Chance, all of it from the seed: splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t draw();
  /// From 1 to `most`.
  std::chrono::nanoseconds draw_delay(std::chrono::nanoseconds most);

  /// Sums up every decision, its time, its outcome, and all chance that was drawn.
  std::uint64_t trace() const { return trace_; }
  /// Turns taken so far.
  std::uint64_t turns() const { return turns_; }
  std::chrono::nanoseconds elapsed() const { return now_ - start_; }

  /// What `wall` was when the simulation began.
  void begin_at(wall_time start) { wall_start_ = start; }

  void block_for_up_to(std::chrono::nanoseconds longest) { longest_block_ = longest; }

  /// The disk of all processes from now on, which has to live as long. Until then it is the machine's.
  void use(file_system& disk) { disk_ = &disk; }

  /// Each has another turn.
  void wake_all();
  void fail_stuck() const;

  void wake(runnable& runnable) override;
  steady_time now() override { return now_; }
  wall_time wall() override;
  std::uint64_t seed() override { return draw(); }
  void log(std::string const& line) override { log_lines.push_back(line); }
  /// What blocks takes up to ten milliseconds of virtual time, or as long as was said.
  void block(std::shared_ptr<blocking_work> work) override;
  file_system& files() override;
  void wake_when_readable(int, runnable& runnable) override;

 private:
  struct guest {
    runnable* worker;
    steady_time due;
    bool awake;
    bool slow;  ///< seldom gets a turn while others want one
    bool removed = false;
    bool over() const { return removed || worker->body().done(); }
  };
  struct event {
    steady_time time;
    std::uint64_t order;
    std::function<void()> call;
  };

  static constexpr std::uint64_t slowness = 64;
  static constexpr std::uint64_t most_steps_at_once = 20'000'000;

  static bool later(event const& a, event const& b);

  void wake_index(std::size_t index);

  bool jump(steady_time limit);

  /// Wakes those whose time has come, and makes the calls that are due.
  void ring();

  /// FNV-1a, eight bytes at a time (Fowler, Noll, Vo).
  void mix(std::uint64_t value);

  std::uint64_t chance_;
  file_system* disk_ = nullptr;  ///< null: the machine's
  std::chrono::nanoseconds longest_turn_;
  std::chrono::nanoseconds longest_block_ = std::chrono::milliseconds(10);
  steady_time start_;
  steady_time now_;
  wall_time wall_start_{std::chrono::seconds(1767225600)};  // 2026-01-01
  std::vector<guest> guests_;
  std::vector<std::size_t> awake_;
  std::vector<event> events_;
  std::uint64_t events_made_ = 0;
  std::uint64_t trace_ = 0xcbf29ce484222325u;
  std::uint64_t turns_ = 0;
  std::uint64_t steps_since_jump_ = 0;
};

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/simulated/runtime.ipp>
#endif

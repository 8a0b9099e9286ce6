// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/blocking_work.hpp>
#include <leat/run/runtime.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
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
/// turn (a seed makes some of them slow: they are seldom chosen); when it makes no progress it sleeps until it is woken or its time has come; when all sleep the clock jumps to
/// the next time that somebody waits for. The same seed gives the same trace, whatever compiled it. It can drive the
/// workers of several processes, and is meant for the calling thread alone.
class simulated_runtime final : public runtime {
 public:
  /// A turn takes up to `longest_turn` of virtual time; with zero, time passes only while all sleep.
  explicit simulated_runtime(std::uint64_t seed,
                             std::chrono::nanoseconds longest_turn = std::chrono::microseconds(10))
      : chance_(seed), longest_turn_(longest_turn) {
    start_ = steady_time(std::chrono::seconds(1 + draw() % (1u << 20)));
    now_ = start_;
  }

  /// To the end of all. Throws stuck_error.
  void drive(std::vector<driven*> const& all) override {
    add(all);
    run_out();
  }
  void run_out() {
    while (!all_done())
      if (!step(never)) fail_stuck();
  }

  void every(std::chrono::nanoseconds, std::function<void()>) override {}

  /// What the processes have told, in its order.
  std::vector<std::string> said;

  // By hand:

  /// They are woken for the first time after `wait`.
  void add(std::vector<driven*> const& all, std::chrono::nanoseconds wait = std::chrono::nanoseconds(0)) {
    bool const at_once = wait.count() == 0;
    for (driven* one : all) {
      if (at_once) awake_.push_back(guests_.size());
      guests_.push_back({one, at_once ? never : now_ + wait, at_once, draw() % 4 == 0});
    }
  }
  /// They get no turn any more, as if their process had been killed; whoever still wakes them does nothing. Not in a turn.
  void remove(std::vector<driven*> const& all) {
    for (std::size_t i = 0; i != guests_.size(); ++i) {
      if (std::find(all.begin(), all.end(), guests_[i].worker) == all.end()) continue;
      guests_[i].removed = true;
      std::erase(awake_, i);
    }
  }
  bool all_done() const {
    return std::all_of(guests_.begin(), guests_.end(), [](guest const& g) { return g.over(); });
  }

  /// One turn, or one jump of the clock. False when nothing happens up to `limit`.
  bool step(steady_time limit) {
    if (awake_.empty()) return jump(limit);
    if (++steps_since_jump_ > most_steps_at_once)
      throw stuck_error("leat: the simulated flow never rests: " + std::to_string(most_steps_at_once) +
                        " turns without a pause. A source that always has more keeps virtual time from passing");
    std::uint64_t const chance = draw();
    std::size_t const place = (chance >> 32) * awake_.size() >> 32;
    std::size_t const index = awake_[place];
    guest& chosen = guests_[index];
    if (chosen.slow && awake_.size() > 1 && chance % slowness != 0) return true;
    chosen.awake = false;
    awake_[place] = awake_.back();
    awake_.pop_back();

    bool const progress = chosen.worker->body().turn();
    ++turns_;
    mix(index * 2 + (progress ? 1 : 0));
    mix(static_cast<std::uint64_t>((now_ - start_).count()));
    if (!chosen.worker->body().done()) {
      if (progress)
        wake_index(index);
      else if (!chosen.awake)
        chosen.due = chosen.worker->wake_at();
      if (chosen.due <= now_) chosen.due = never;  // it had its turn at this time: only a wake-up can help it
    }
    if (progress && longest_turn_.count() > 0) {
      now_ += std::chrono::nanoseconds((chance >> 8) % static_cast<std::uint64_t>(longest_turn_.count()));
      ring();
    }
    return true;
  }

  /// All that happens within this much virtual time.
  void advance(std::chrono::nanoseconds how_long) {
    steady_time const until = now_ + how_long;
    steps_since_jump_ = 0;
    while (step(until)) {
    }
    now_ = (std::max)(now_, until);
  }

  /// Calls `f` in the simulation after this much virtual time; calls for one time in the order they were made in.
  void after(std::chrono::nanoseconds wait, std::function<void()> f) {
    events_.push_back({now_ + wait, ++events_made_, std::move(f)});
    std::push_heap(events_.begin(), events_.end(), later);
  }

  /// Chance, all of it from the seed: splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t draw() {
    std::uint64_t z = (chance_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    mix(z);
    return z;
  }
  /// From 1 to `most`.
  std::chrono::nanoseconds draw_delay(std::chrono::nanoseconds most) {
    return std::chrono::nanoseconds(1 + draw() % static_cast<std::uint64_t>(std::max<std::int64_t>(1, most.count())));
  }

  /// Sums up every decision, its time, its outcome, and all chance that was drawn.
  std::uint64_t trace() const { return trace_; }
  /// Turns taken so far.
  std::uint64_t turns() const { return turns_; }
  std::chrono::nanoseconds elapsed() const { return now_ - start_; }

  /// What `wall` was when the simulation began.
  void begin_at(wall_time when) { wall_start_ = when; }

  void fail_stuck() const {
    std::string asleep;
    for (std::size_t i = 0; i != guests_.size(); ++i)
      if (!guests_[i].over()) asleep += (asleep.empty() ? "" : ", ") + std::to_string(i);
    throw stuck_error("leat: the simulated flow is stuck: nothing is under way, no time is waited for, and these workers "
                      "have not ended: " + asleep + ". A wake-up was lost, or they wait for another thread");
  }

  void wake(driven& which) override {
    for (std::size_t i = 0; i != guests_.size(); ++i)
      if (guests_[i].worker == &which) wake_index(i);
  }
  steady_time now() override { return now_; }
  wall_time wall() override {
    return wall_start_ + std::chrono::duration_cast<wall_time::duration>(now_ - start_);
  }
  std::uint64_t seed() override { return draw(); }
  void say(std::string const& line) override { said.push_back(line); }
  /// What blocks takes up to ten milliseconds of virtual time.
  void block(std::shared_ptr<blocking_work> work) override {
    after(draw_delay(std::chrono::milliseconds(10)), [work = std::move(work)] {
      if (!work->abandoned()) work->run();
    });
  }
  void wake_when_readable(int, driven& which) override {
    after(std::chrono::nanoseconds(1), [this, &which] { wake(which); });
  }

 private:
  struct guest {
    driven* worker;
    steady_time due;
    bool awake;
    bool slow;  ///< seldom gets a turn while others want one
    bool removed = false;
    bool over() const { return removed || worker->body().done(); }
  };
  struct event {
    steady_time when;
    std::uint64_t order;
    std::function<void()> call;
  };

  static constexpr std::uint64_t slowness = 64;
  static constexpr std::uint64_t most_steps_at_once = 20'000'000;

  static bool later(event const& a, event const& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  void wake_index(std::size_t index) {
    guest& woken = guests_[index];
    if (woken.awake || woken.over()) return;
    woken.awake = true;
    woken.due = never;
    awake_.push_back(index);
  }

  bool jump(steady_time limit) {
    steady_time next = events_.empty() ? never : events_.front().when;
    for (guest const& g : guests_)
      if (!g.awake && !g.over()) next = (std::min)(next, g.due);
    if (next == never || next > limit) return false;
    if (next > now_) steps_since_jump_ = 0;
    now_ = (std::max)(now_, next);
    ring();
    return true;
  }

  /// Wakes those whose time has come, and makes the calls that are due.
  void ring() {
    for (std::size_t i = 0; i != guests_.size(); ++i)
      if (!guests_[i].awake && guests_[i].due <= now_) wake_index(i);
    while (!events_.empty() && events_.front().when <= now_) {
      std::pop_heap(events_.begin(), events_.end(), later);
      std::function<void()> const call = std::move(events_.back().call);
      events_.pop_back();
      call();
    }
  }

  /// FNV-1a, eight bytes at a time (Fowler, Noll, Vo).
  void mix(std::uint64_t value) {
    trace_ = (trace_ ^ value) * 0x100000001b3u;
  }

  std::uint64_t chance_;
  std::chrono::nanoseconds longest_turn_;
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

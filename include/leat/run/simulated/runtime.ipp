// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/run/files.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/simulated/runtime.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE simulated_runtime::simulated_runtime(std::uint64_t seed, std::chrono::nanoseconds longest_turn)
    : chance_(seed), longest_turn_(longest_turn) {
  start_ = steady_time(std::chrono::seconds(1 + draw() % (1u << 20)));
  now_ = start_;
}

LEAT_INLINE void simulated_runtime::drive(std::vector<runnable*> const& runnables) {
  add(runnables);
  run_out();
}

LEAT_INLINE void simulated_runtime::run_out() {
  while (!all_done())
    if (!step(never)) fail_stuck();
}

LEAT_INLINE void simulated_runtime::add(std::vector<runnable*> const& runnables, std::chrono::nanoseconds wait) {
  bool const at_once = wait.count() == 0;
  for (runnable* runnable : runnables) {
    if (at_once) awake_.push_back(guests_.size());
    guests_.push_back({runnable, at_once ? never : now_ + wait, at_once, draw() % 4 == 0});
  }
}

LEAT_INLINE void simulated_runtime::remove(std::vector<runnable*> const& runnables) {
  for (std::size_t i = 0; i != guests_.size(); ++i) {
    if (std::find(runnables.begin(), runnables.end(), guests_[i].worker) == runnables.end()) continue;
    guests_[i].removed = true;
    std::erase(awake_, i);
  }
}

LEAT_INLINE bool simulated_runtime::all_done() const {
  return std::all_of(guests_.begin(), guests_.end(), [](guest const& g) { return g.over(); });
}

LEAT_INLINE bool simulated_runtime::step(steady_time limit) {
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

LEAT_INLINE void simulated_runtime::advance(std::chrono::nanoseconds duration) {
  steady_time const until = now_ + duration;
  steps_since_jump_ = 0;
  while (step(until)) {
  }
  now_ = (std::max)(now_, until);
}

LEAT_INLINE void simulated_runtime::wake_all() {
  for (std::size_t i = 0; i != guests_.size(); ++i) wake_index(i);
}

LEAT_INLINE void simulated_runtime::after(std::chrono::nanoseconds wait, std::function<void()> f) {
  events_.push_back({now_ + wait, ++events_made_, std::move(f)});
  std::push_heap(events_.begin(), events_.end(), later);
}

LEAT_INLINE std::uint64_t simulated_runtime::draw() {
  std::uint64_t z = (chance_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  mix(z);
  return z;
}

LEAT_INLINE std::chrono::nanoseconds simulated_runtime::draw_delay(std::chrono::nanoseconds most) {
  return std::chrono::nanoseconds(1 + draw() % static_cast<std::uint64_t>(std::max<std::int64_t>(1, most.count())));
}

LEAT_INLINE void simulated_runtime::fail_stuck() const {
  std::string asleep;
  for (std::size_t i = 0; i != guests_.size(); ++i)
    if (!guests_[i].over()) asleep += (asleep.empty() ? "" : ", ") + std::to_string(i);
  throw stuck_error(
      "leat: the simulated flow is stuck: nothing is under way, no time is waited for, and these workers "
      "have not ended: " +
      asleep + ". A wake-up was lost, or they wait for another thread");
}

LEAT_INLINE void simulated_runtime::wake(runnable& runnable) {
  for (std::size_t i = 0; i != guests_.size(); ++i)
    if (guests_[i].worker == &runnable) wake_index(i);
}

LEAT_INLINE wall_time simulated_runtime::wall() {
  return wall_start_ + std::chrono::duration_cast<wall_time::duration>(now_ - start_);
}

LEAT_INLINE void simulated_runtime::block(std::shared_ptr<blocking_work> work) {
  after(draw_delay(longest_block_), [work = std::move(work)] {
    if (!work->abandoned()) work->run();
  });
}

LEAT_INLINE file_system& simulated_runtime::files() { return disk_ == nullptr ? machine_files() : *disk_; }

LEAT_INLINE void simulated_runtime::wake_when_readable(int, runnable& runnable) {
  after(std::chrono::nanoseconds(1), [this, &runnable] { wake(runnable); });
}

LEAT_INLINE bool simulated_runtime::later(event const& a, event const& b) {
  return a.time != b.time ? a.time > b.time : a.order > b.order;
}

LEAT_INLINE void simulated_runtime::wake_index(std::size_t index) {
  guest& woken = guests_[index];
  if (woken.awake || woken.over()) return;
  woken.awake = true;
  woken.due = never;
  awake_.push_back(index);
}

LEAT_INLINE bool simulated_runtime::jump(steady_time limit) {
  steady_time next = events_.empty() ? never : events_.front().time;
  for (guest const& g : guests_)
    if (!g.awake && !g.over()) next = (std::min)(next, g.due);
  if (next == never || next > limit) return false;
  if (next > now_) steps_since_jump_ = 0;
  now_ = (std::max)(now_, next);
  ring();
  return true;
}

LEAT_INLINE void simulated_runtime::ring() {
  for (std::size_t i = 0; i != guests_.size(); ++i)
    if (!guests_[i].awake && guests_[i].due <= now_) wake_index(i);
  while (!events_.empty() && events_.front().time <= now_) {
    std::pop_heap(events_.begin(), events_.end(), later);
    std::function<void()> const call = std::move(events_.back().call);
    events_.pop_back();
    call();
  }
}

LEAT_INLINE void simulated_runtime::mix(std::uint64_t value) { trace_ = (trace_ ^ value) * 0x100000001b3u; }

}  // namespace leat::detail

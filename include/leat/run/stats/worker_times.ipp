// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/run/stats/worker_times.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace leat::detail {

LEAT_INLINE void stage_times::add_wait(std::uint64_t nanoseconds) {
  if (ended.load(std::memory_order_relaxed)) return;
  step_info const* const at = waits_for.load(std::memory_order_relaxed);
  std::size_t place = 0;
  if (at != nullptr) {
    for (place = 1; place + 1 != most_rooms; ++place) {
      step_info const* const known = waited[place].at.load(std::memory_order_relaxed);
      if (known == nullptr || known == at) break;
    }
    if (waited[place].at.load(std::memory_order_relaxed) == nullptr)
      waited[place].at.store(at, std::memory_order_relaxed);
  }
  waited[place].nanoseconds.add(nanoseconds);
}

LEAT_INLINE void worker_times::add_stage(node const& described) {
  stages_.add(described, described.routing.empty() ? stage_times::work::step : stage_times::work::receiver);
}

LEAT_INLINE void worker_times::add_outbox(node const& described) {
  outboxes_.add(described, stage_times::work::outbox);
}

LEAT_INLINE void worker_times::begin_turn(steady_time now) {
  if (begun_.value() == 0)
    begun_.set(number(now));
  else if (idle_.load(std::memory_order_relaxed))
    for (stage_times* each : stages_) each->add_wait(since_look(number(now)));
  else if (owes())
    charge(now);
  looked_.set(number(now));
  idle_.store(false, std::memory_order_relaxed);
}

LEAT_INLINE void worker_times::end_turn(bool progress) {
  turning_.store(worked_, std::memory_order_relaxed);
  idle_.store(!progress, std::memory_order_relaxed);
}

LEAT_INLINE void worker_times::end(steady_time now) {
  if (ended_.value() == 0) ended_.set(number(now));
}

LEAT_INLINE void worker_times::charge(steady_time now) {
  std::exchange(worked_, nullptr)->busy.add(since_look(number(now)));
  looked_.set(number(now));
}

LEAT_INLINE std::uint64_t worker_times::since_look(std::uint64_t now) const {
  std::uint64_t const before = looked_.value();
  return now > before ? now - before : 0;
}

LEAT_INLINE std::uint64_t worker_times::busy_of(stage_times const& stage, std::uint64_t now) const {
  bool const at_work = turning_.load(std::memory_order_relaxed) == &stage;
  return stage.busy.value() + (at_work ? since_look(now) : 0);
}

LEAT_INLINE std::uint64_t worker_times::waited_of(stage_times const& stage, std::size_t room, std::uint64_t now) const {
  bool const waits_now =
      idle_.load(std::memory_order_relaxed) && ended_.value() == 0 && !stage.ended.load(std::memory_order_relaxed) &&
      stage.waits_for.load(std::memory_order_relaxed) == stage.waited[room].at.load(std::memory_order_relaxed);
  // A place that is not taken stands for nobody; the first one always stands for records.
  bool const taken = room == 0 || stage.waited[room].at.load(std::memory_order_relaxed) != nullptr;
  return stage.waited[room].nanoseconds.value() + (waits_now && taken ? since_look(now) : 0);
}

}  // namespace leat::detail

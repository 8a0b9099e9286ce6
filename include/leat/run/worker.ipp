// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/error.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/stop_watch.hpp>
#include <leat/run/threads/fence.hpp>
#include <leat/run/worker.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE worker::worker(execution& of, unsigned index)
    : execution_(of),
      index_(index),
      chance_(of.world().seed()),
      unkept_run_(chance_ >> 1 | 1),
      parts_(*this, of.parts()),
      body_(loop(*this)) {}

LEAT_INLINE bool worker::stopping() const { return execution_.stopping(); }

LEAT_INLINE void worker::saw_epoch(std::uint64_t epoch) { seen_epoch_ = (std::max)(seen_epoch_, epoch); }

LEAT_INLINE void worker::block(std::shared_ptr<blocking_work> work) { execution_.world().block(std::move(work)); }

LEAT_INLINE bool worker::shows_records() const { return execution_.settings().show_records; }

LEAT_INLINE std::uint64_t worker::run_number() const {
  recovery const* const recovers = execution_.parts().recovers;
  return recovers == nullptr ? unkept_run_ : recovers->run_number();
}

LEAT_INLINE bool worker::recovers() const { return execution_.parts().recovers != nullptr; }

LEAT_INLINE file_system& worker::files() { return execution_.world().files(); }

LEAT_INLINE void worker::wake_when_readable(int descriptor) {
  execution_.world().wake_when_readable(descriptor, *this);
}

LEAT_INLINE void worker::fail(std::exception_ptr cause) { execution_.fail(std::move(cause)); }

LEAT_INLINE void worker::add_awaited(std::vector<awaited>& awaited) { execution_.add_awaited(*this, awaited); }

LEAT_INLINE unsigned worker::count() const { return execution_.worker_count(); }

LEAT_INLINE void worker::build(graph const& flow) {
  first_epoch_ = epoch_ = execution_.first_epoch();
  committed_ = first_epoch_ - 1;
  parts_.begin(flow);
  for (node const* described : flow.nodes()) try {
      std::size_t const outboxes = parts_.outboxes.size();
      described->build(parts_);
      parts_.counters.settle();
      for (std::size_t i = nodes_.size(); i != parts_.stages.size(); ++i) times_.add_stage(*described);
      nodes_.resize(parts_.stages.size(), described);
      for (std::size_t i = outboxes; i != parts_.outboxes.size(); ++i) times_.add_outbox(*described);
    } catch (flow_error const&) {
      throw;
    } catch (...) {
      step_context(described->step(), *this).fail();
    }
}

LEAT_INLINE steady_time worker::now() {
  if (!now_) now_ = execution_.world().now();
  return *now_;
}

LEAT_INLINE wall_time worker::wall() {
  if (!wall_) {
    auto const since = execution_.world().now() - now();
    wall_ = execution_.world().wall() - std::chrono::duration_cast<wall_time::duration>(since);
  }
  return *wall_;
}

LEAT_INLINE std::uint64_t worker::random() {
  std::uint64_t z = (chance_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

LEAT_INLINE void worker::wake() {
  full_fence();
  execution_.world().wake(*this);
}

LEAT_INLINE void worker::wake_later(unsigned other) {
  if (!execution_.is_local(other)) other = execution_.driver();  // it has the connections
  if (other != index_ && std::find(to_wake_.begin(), to_wake_.end(), other) == to_wake_.end())
    to_wake_.push_back(other);
}

LEAT_INLINE void worker::rethrow_failure() {
  if (execution_.failed()) execution_.rethrow();
}

LEAT_INLINE steady_time worker::wake_at() {
  if (execution_.failed() || !execution_.assembled()) return execution_.session_wake_at(*this);
  bool const epoch_can_end = open_sources() && !closing_ && starved_.empty() && may_close();
  steady_time first = epoch_can_end && execution_.settings().snapshot_interval.count() > 0 ? epoch_ends_ : never;
  for (stage* s : parts_.stages)
    if (!s->done() && !held(s)) first = (std::min)(first, s->wake_at());
  steady_time const looks_again = finished_ ? never : stop_watch_.wake_at();
  return (std::min)({first, looks_again, execution_.session_wake_at(*this)});
}

// g++ 12 warns of a null pointer of its own in every coroutine.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
LEAT_INLINE worker_coroutine worker::loop(worker& self) {
  while (!self.done_) co_yield self.guarded_turn();
  self.parts_.clear();
}
#pragma GCC diagnostic pop

LEAT_INLINE bool worker::guarded_turn() {
  turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  bool const progress = try_turn();
  turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return progress;
}

LEAT_INLINE bool worker::try_turn() {
  // Until the workers are built only who drives the session touches their parts and clocks.
  bool const assembled = execution_.assembled();
  if (assembled || execution_.drives_session(*this)) {
    now_.reset();
    wall_.reset();
  }
  if (execution_.failed()) return done_ = execution_.end_failed(*this);
  if (execution_.abandoned()) return done_ = true;
  try {
    return assembled ? turn() : execution_.assemble(*this);
  } catch (...) {
    execution_.fail(failure_outside_of_steps(concat({"worker ", std::to_string(index_)}), index_, epoch_));
    return true;
  }
}

LEAT_INLINE std::exception_ptr failure_outside_of_steps(std::string const& place, unsigned worker,
                                                        std::uint64_t epoch) {
  auto const nested = [&](std::string const& cause) {
    try {
      std::throw_with_nested(run_error(concat({place, " failed outside of any step: ", cause}), "",
                                       std::source_location{}, worker, epoch));
    } catch (...) {
      return std::current_exception();
    }
  };
  try {
    throw;
  } catch (run_error const&) {
    return std::current_exception();
  } catch (flow_error const&) {
    return std::current_exception();
  } catch (...) {
    return nested(text_of_current_exception());
  }
}

LEAT_INLINE bool worker::turn() {
  times_.begin_turn(now());
  bool progress = keep_epochs();
  shown_epoch_.set((std::max)(epoch_, seen_epoch_ + 1));
  bool all_done = true;
  for (std::size_t i = parts_.stages.size(); i != 0; --i) {
    bool const ended = take_turn(i - 1, progress);
    all_done = all_done && ended;
  }
  progress = write_snapshots() || progress;
  recovery const* const recovers = execution_.parts().recovers;
  bool const all_decided = recovers == nullptr || recovers->finished();  // and then this is the last that is told:
  progress = tell_committed() || progress;
  bool const idle = !progress;
  for (std::size_t i = 0; i != parts_.outboxes.size(); ++i) {
    outbox& out = *parts_.outboxes[i];
    if (!out.empty()) charge_time();
    if (out.flush(idle || all_done)) {
      progress = true;
      times_.outbox_worked(i);
    }
    all_done = all_done && out.empty();
  }
  all_done = all_done && all_decided;
  if (execution_.stopping() && !all_done) watch_stop();
  if (all_done && !std::exchange(finished_, true)) execution_.worker_finished();
  progress = execution_.turn_session(*this, idle) || progress;
  done_ = all_done && execution_.may_leave(*this);
  wake_others();
  if (all_done) {
    charge_time();
    times_.end(execution_.world().now());
  }
  times_.end_turn(progress);
  return progress || done_;
}

LEAT_INLINE bool worker::take_turn(std::size_t stage_number, bool& progress) {
  stage& visited = *parts_.stages[stage_number];
  if (visited.done()) return true;
  if (held(&visited)) return false;
  turning_.store(nodes_[stage_number], std::memory_order_relaxed);
  charge_time();
  times_.turn_of(stage_number);
  static_cast<void>(without_room());  // what was asked before
  set_lane_in_turn({nullptr, nodes_[stage_number]});
  progress = feed(&visited) || progress;
  if (visited.turn()) {
    progress = true;
    times_.worked(stage_number);
  } else {
    times_.waits(stage_number, without_room());
  }
  rethrow_failure();
  if (visited.done()) times_.stage_ended(stage_number);
  return visited.done();
}

LEAT_INLINE void worker::charge_time() {
  if (times_.owes()) times_.charge(execution_.world().now());
}

LEAT_INLINE void worker::watch_stop() {
  stop_watch_.look(parts_.stages, now(), {execution_.settings().suspect_after, execution_.settings().stop_timeout},
                   [this](std::string const& line) { execution_.world().log(line); });
}

LEAT_INLINE bool worker::open_sources() const {
  return std::any_of(parts_.sources.begin(), parts_.sources.end(), [](source_stage* s) { return !s->done(); });
}

LEAT_INLINE bool worker::keep_epochs() {
  closing_ = over_ = false;
  if (!open_sources()) return false;
  bool const stop = execution_.stopping();
  over_ = (epoch_over() && may_close()) || seen_epoch_ >= epoch_;
  if (!stop && (!over_ || !starved_.empty())) return false;
  for (source_stage* s : parts_.sources)
    if (!s->done() && !s->ready_for_mark()) {
      closing_ = true;
      return false;
    }
  if (stop) execution_.cut_short();
  mark const closing{stop ? mark_kind::stop : mark_kind::barrier, epoch_};
  starved_.clear();
  for (source_stage* s : parts_.sources) {
    if (!s->done()) s->close_epoch(closing);
    if (!s->done()) starved_.push_back(s);
  }
  ++epoch_;
  stopped_ = stop;
  epoch_ends_ = saturated_sum(now(), execution_.settings().snapshot_interval);
  return true;
}

LEAT_INLINE bool worker::feed(stage const* s) {
  auto const at = std::find(starved_.begin(), starved_.end(), s);
  if (at == starved_.end() || !(*at)->ready_for_mark()) return false;
  starved_.erase(at);
  return over_ && starved_.empty();
}

LEAT_INLINE bool worker::held(stage const* s) const {
  return closing_ && std::find(parts_.sources.begin(), parts_.sources.end(), s) != parts_.sources.end();
}

LEAT_INLINE bool worker::write_snapshots() {
  recovery* const to = execution_.parts().recovers;
  if (to == nullptr) return false;
  bool progress = false;
  std::uint64_t closed = mark{mark_kind::end}.passed();
  for (snapshot_writer* writer : parts_.snapshots) {
    progress = writer->write_some() || progress;
    closed = (std::min)(closed, writer->written());
  }
  for (stage* s : parts_.stages) closed = (std::min)(closed, s->passed());
  if (closed <= closed_) return progress;
  closed_ = closed;
  if (closed == mark{mark_kind::end}.passed())
    to->ended(index_, stopped_ ? epoch_ - 1 : epoch_);
  else
    to->closed(index_, closed);
  return true;
}

LEAT_INLINE bool worker::tell_committed() {
  std::uint64_t const committed = execution_.committed();
  if (committed <= committed_) return false;
  committed_ = committed;
  for (commit_listener* each : parts_.commits) each->committed(committed);
  return true;
}

LEAT_INLINE bool worker::epoch_over() {
  if (execution_.settings().snapshot_interval.count() == 0)
    return std::any_of(parts_.sources.begin(), parts_.sources.end(),
                       [](source_stage* s) { return !s->done() && s->emitted(); });
  if (epoch_ends_ == steady_time{}) epoch_ends_ = saturated_sum(now(), execution_.settings().snapshot_interval);
  return now() >= epoch_ends_;
}

LEAT_INLINE bool worker::may_close() const {
  recovery const* const recovers = execution_.parts().recovers;
  return recovers == nullptr || epoch_ <= committed_ + recovers->most_undecided();
}

LEAT_INLINE void worker::wake_others() {
  if (to_wake_.empty()) return;
  full_fence();
  for (unsigned other : to_wake_) execution_.wake(other);
  to_wake_.clear();
}

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/op/assembly.hpp>
#include <leat/op/stage.hpp>
#include <leat/op/step_context.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/fence.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/stop_watch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// One worker: its copy of every step, and the loop that gives them their turns. Everything here is on the thread
/// that resumes it, but `wake` and `fail`.
class worker final : public host, public driven {
 public:
  worker(execution& of, unsigned index)
      : execution_(of), index_(index), chance_(of.world().seed()), parts_(*this, of.parts()), body_(loop(*this)) {}

  void build(graph const& flow) {
    for (node const* described : flow.nodes()) try {
        described->build(parts_);
        nodes_.resize(parts_.stages.size(), described);
      } catch (flow_error const&) {
        throw;
      } catch (...) {
        step_context(described->step(), *this).fail();
      }
  }

  unsigned index() const override { return index_; }
  unsigned count() const override { return execution_.worker_count(); }
  steady_time now() override {
    if (!now_) now_ = execution_.world().now();
    return *now_;
  }
  /// What it showed at `now()`.
  wall_time wall() override {
    if (!wall_) {
      auto const since = execution_.world().now() - now();
      wall_ = execution_.world().wall() - std::chrono::duration_cast<wall_time::duration>(since);
    }
    return *wall_;
  }
  /// splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t random() override {
    std::uint64_t z = (chance_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  bool stopping() const override { return execution_.stopping(); }
  void wake() override {
    full_fence();
    execution_.world().wake(*this);
  }
  void touch(unsigned other) override {
    if (!execution_.is_local(other)) other = execution_.parts().first_worker;  // it has the links
    if (other != index_ && std::find(touched_.begin(), touched_.end(), other) == touched_.end())
      touched_.push_back(other);
  }
  void saw_epoch(std::uint64_t epoch) override { seen_epoch_ = (std::max)(seen_epoch_, epoch); }
  void block(std::shared_ptr<blocking_work> work) override { execution_.world().block(std::move(work)); }
  bool shows_records() const override { return execution_.shows_records(); }
  void wake_when_readable(int descriptor) override { execution_.world().wake_when_readable(descriptor, *this); }
  void fail(std::exception_ptr cause) override { execution_.fail(std::move(cause)); }
  void rethrow_failure() override {
    if (execution_.failed()) execution_.rethrow();
  }
  void add_awaited(std::vector<awaited>& all) override { execution_.add_awaited(*this, all); }

  /// Any thread: how many turns it has begun and ended.
  std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  /// Any thread: whose stage has its turn, or had the last one; null: none had.
  node const* turning() const { return turning_.load(std::memory_order_relaxed); }

  routine& body() override { return body_; }
  steady_time wake_at() override {
    if (execution_.failed()) return execution_.wind_up_until();
    if (!execution_.assembled()) return execution_.talk_at(*this);
    bool const epoch_can_end = open_sources() && !closing_ && starved_.empty();
    steady_time first = epoch_can_end && execution_.interval().count() > 0 ? epoch_ends_ : never;
    for (stage* s : parts_.stages)
      if (!s->done() && !held(s)) first = (std::min)(first, s->wake_at());
    steady_time const looks_again = finished_ ? never : stopping_.wake_at();
    return (std::min)({first, looks_again, execution_.talk_at(*this)});
  }

 private:
  // g++ 12 warns of a null pointer of its own in every coroutine.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
  static routine loop(worker& self) {
    while (!self.done_) co_yield self.guarded_turn();
    self.parts_.clear();
  }
#pragma GCC diagnostic pop

  /// While it is in a turn the number is odd.
  bool guarded_turn() {
    turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    bool const progress = try_turn();
    turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return progress;
  }
  bool try_turn() {
    now_.reset();
    wall_.reset();
    if (execution_.failed()) return done_ = execution_.wind_up(*this);
    if (execution_.abandoned()) return done_ = true;
    try {
      return execution_.assembled() ? turn() : execution_.assemble(*this);
    } catch (...) {
      execution_.fail(cause_of_failure());
      return true;
    }
  }

  /// The exception being handled. What no step answers for, memory that has run out say, is named as the worker's.
  [[gnu::cold]] std::exception_ptr cause_of_failure() const {
    auto const nested = [this](std::string const& cause) {
      try {
        std::throw_with_nested(run_error(concat({"worker ", std::to_string(index_), " failed outside of any step: ", cause}),
                                         "", std::source_location{}, index_, epoch_));
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
    } catch (std::exception const& cause) {
      return nested(cause.what());
    } catch (...) {
      return nested("an exception that is not a std::exception");
    }
  }

  /// Downstream first: what is on its way is finished before more is let in.
  bool turn() {
    bool progress = keep_epochs();
    bool all_done = true;
    for (auto s = parts_.stages.rbegin(); s != parts_.stages.rend(); ++s) {
      if ((*s)->done()) continue;
      if (!held(*s)) {
        turning_.store(nodes_[static_cast<std::size_t>(parts_.stages.rend() - s) - 1], std::memory_order_relaxed);
        progress = feed(*s) || progress;
        progress = (*s)->turn() || progress;
        rethrow_failure();
      }
      all_done = all_done && (*s)->done();
    }
    bool const idle = !progress;
    for (outbox* out : parts_.outboxes) {
      progress = out->flush(idle || all_done) || progress;
      all_done = all_done && out->empty();
    }
    if (execution_.stopping() && !all_done) watch_stop();
    if (all_done && !std::exchange(finished_, true)) execution_.one_has_finished();
    progress = execution_.talk(*this, idle) || progress;
    done_ = all_done && execution_.may_leave(index_);
    wake_touched();
    return progress || done_;
  }

  void watch_stop() {
    stopping_.look(parts_.stages, now(), {execution_.suspect_after(), execution_.stop_timeout()},
                   [this](std::string const& line) { execution_.world().say(line); });
  }

  bool open_sources() const {
    return std::any_of(parts_.sources.begin(), parts_.sources.end(), [](source_stage* s) { return !s->done(); });
  }

  /// Closes the epoch of all sources at one instant: when its time is over, when another worker has closed it (the
  /// marker rule of Chandy and Lamport), or for the last time when the run is to stop. But each source first has a turn
  /// with room: where marks take longer to be aligned than an epoch lasts, they would leave none for records.
  bool keep_epochs() {
    closing_ = over_ = false;
    if (!open_sources()) return false;
    bool const stop = execution_.stopping();
    over_ = epoch_over() || seen_epoch_ >= epoch_;
    if (!stop && (!over_ || !starved_.empty())) return false;
    for (source_stage* s : parts_.sources)
      if (!s->done() && !s->ready_for_mark()) {
        closing_ = true;
        return false;
      }
    mark const which{stop ? mark_kind::stop : mark_kind::barrier, epoch_};
    starved_.clear();
    for (source_stage* s : parts_.sources) {
      if (!s->done()) s->close_epoch(which);
      if (!s->done()) starved_.push_back(s);
    }
    ++epoch_;
    epoch_ends_ = later(execution_.interval());
    return true;
  }

  /// Before the turn of a stage: if it is a source that has room, it can emit in this epoch. True when nothing but that
  /// has kept the epoch open.
  bool feed(stage const* s) {
    auto const at = std::find(starved_.begin(), starved_.end(), s);
    if (at == starved_.end() || !(*at)->ready_for_mark()) return false;
    starved_.erase(at);
    return over_ && starved_.empty();
  }

  /// While an epoch is to be closed and there is no room for its mark, sources do not fill what room there will be.
  bool held(stage const* s) const {
    return closing_ && std::find(parts_.sources.begin(), parts_.sources.end(), s) != parts_.sources.end();
  }

  bool epoch_over() {
    if (execution_.interval().count() == 0)
      return std::any_of(parts_.sources.begin(), parts_.sources.end(),
                         [](source_stage* s) { return !s->done() && s->emitted(); });
    if (epoch_ends_ == steady_time{}) epoch_ends_ = later(execution_.interval());
    return now() >= epoch_ends_;
  }
  steady_time later(std::chrono::nanoseconds wait) { return wait < never - now() ? now() + wait : never; }

  /// One fence per turn that sent something: what was sent is seen by whoever does not see the sleeper's flag.
  void wake_touched() {
    if (touched_.empty()) return;
    full_fence();
    for (unsigned other : touched_) execution_.wake(other);
    touched_.clear();
  }

  execution& execution_;
  unsigned index_;
  std::uint64_t chance_;
  std::optional<steady_time> now_;
  std::optional<wall_time> wall_;
  std::uint64_t epoch_ = 1;
  std::uint64_t seen_epoch_ = 0;
  steady_time epoch_ends_{};
  bool over_ = false;     ///< the epoch, as of the beginning of this turn
  bool closing_ = false;  ///< the epoch is over, but not every source can send its mark yet
  std::vector<source_stage*> starved_;  ///< have not had a turn with room in this epoch
  std::vector<unsigned> touched_;
  std::atomic<std::uint64_t> turns_{0};
  std::vector<node const*> nodes_;  ///< of each stage
  std::atomic<node const*> turning_{nullptr};
  stop_watch stopping_;
  bool finished_ = false;
  bool done_ = false;
  assembly parts_;
  routine body_;
};

}  // namespace leat::detail

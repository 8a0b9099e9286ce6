// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/lanes.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

/// What a test feeds a flow with: records, the ends of epochs among them, and times.
namespace leat::detail {

/// How far the inputs of one run are. A record of one phase is emitted only when the epochs of all workers have been
/// closed after all records of the phase before, on whichever input and worker they were.
class script {
 public:
  std::size_t last_phase();
  bool phase_is_over(std::size_t phase);
  bool closed();

  /// Some records have been added to the phase that is being written.
  std::size_t add_portion();
  void portion_emitted(std::size_t phase);
  void next_phase();
  void close();

  void join(worker_services& worker);
  void leave(worker_services& worker);
  void wake_all();

  /// What the times of portions are counted from. Set before the run.
  steady_time start{};
  /// What the next portion has to wait for, from `start`.
  std::chrono::nanoseconds due{};

 private:
  std::mutex mutex_;
  std::vector<std::size_t> left_{0};  ///< by phase: portions not emitted yet
  std::vector<worker_services*> hosts_;
  bool closed_ = false;
};

/// What one input is fed.
template <class T>
class feed final : public input_stand_in<T> {
 public:
  feed(std::shared_ptr<script> of, std::size_t number) : script_(std::move(of)), number_(number) {}
  void build(worker_builder& worker, node const& described) override;

  void add(std::vector<T> records) {
    {
      std::lock_guard const lock(mutex_);
      portions_.push_back({std::move(records), script_->add_portion(), script_->due});
    }
    script_->wake_all();
  }

  struct portion {
    std::vector<T> records;
    std::size_t phase;
    std::chrono::nanoseconds due;
  };
  /// Null: there is none yet. It stays where it is only until the next is added.
  bool next(std::size_t index, std::size_t& phase, steady_time& due) {
    std::lock_guard const lock(mutex_);
    if (index >= portions_.size()) return false;
    phase = portions_[index].phase;
    due = script_->start + portions_[index].due;
    return true;
  }
  std::vector<T> take(std::size_t index) {
    std::lock_guard const lock(mutex_);
    return std::move(portions_[index].records);
  }

  script& of() { return *script_; }
  /// All of it comes from one worker, so that its order is kept.
  bool is_fed_by(worker_services const& worker) const { return number_ % worker.count() == worker.index(); }

 private:
  std::shared_ptr<script> script_;
  std::size_t number_;
  std::mutex mutex_;
  std::vector<portion> portions_;
};

template <class T>
class fed_stage final : public source_stage {
 public:
  fed_stage(feed<T>& from, worker_builder& worker, node const& described)
      : feed_(from),
        script_(from.of()),
        step_(described.step(), worker.worker()),
        out_(worker.batch_size<T>()),
        feeds_here_(from.is_fed_by(worker.worker())) {
    worker.provide({described.id, 0}, out_.next());
    worker.make_time(described, lanes_);
    script_.join(*step_.worker);
  }
  ~fed_stage() override { script_.leave(*step_.worker); }

  bool turn() override {
    if (!lanes_.wanted()) return feed_some();
    if (!lanes_.opened()) open_lanes();
    bool const room = out_.next().ready();
    bool const held = lane_ != nullptr && lane_->held != 0;
    step_.worker->set_lane_in_turn({lane_, nullptr});
    std::size_t const before = out_.emitted();
    bool const progress = !held && feed_some();
    if (lane_ != nullptr) tell_lane(room && !held, out_.emitted() != before);
    return end_turn() || progress;
  }
  bool done() const override { return done_; }
  steady_time wake_at() override {
    std::size_t phase = 0;
    steady_time due = never;
    if (!out_.next().ready()) return never;
    bool const waits = feeds_here_ && feed_.next(next_, phase, due) && phase == phase_;
    return (std::min)(waits ? due : never, lanes_.wake_at());
  }

  bool ready_for_mark() override { return out_.next().ready(); }
  bool emitted() const override { return out_.emitted() != emitted_at_mark_; }
  void close_epoch(mark closing) override {
    out_.flush();
    if (script_.phase_is_over(phase_)) ++phase_;
    asked_ = false;
    if (closing.kind == mark_kind::end && lane_ != nullptr) {
      lane_->ending = true;
      lanes_.end_turn(step_.worker->now(), true);
    }
    step_.pass(closing, [&] { out_.next().arrive(closing); });
    emitted_at_mark_ = out_.emitted();
    done_ = closing.last();
  }

 private:
  bool feed_some() {
    if (!out_.next().ready()) return false;
    if (begun_ != left_.size()) return emit_some();
    if (script_.phase_is_over(phase_)) return ask_for_the_end_of_the_epoch();
    if (feeds_here_ && begin_portion()) return true;
    if (!script_.closed() || phase_ != script_.last_phase() || has_more()) return false;
    close_epoch({mark_kind::end, step_.epoch});
    return true;
  }
  /// What is fed is one lane, on the worker that feeds it: quiet while nothing is due.
  void open_lanes() {
    if (feeds_here_) {
      lane_ = &lanes_.add("fed");
      lane_->open = true;
    }
    lanes_.open();
  }
  void tell_lane(bool polled, bool emitted) {
    if (!polled || done_)
      source_lanes::passed_over(*lane_);
    else if (emitted || begun_ != left_.size())
      lanes_.found(*lane_);
    else
      lanes_.found_nothing(*lane_, step_.worker->now());
  }
  bool end_turn() {
    if (done_) return false;
    bool const room = out_.next().ready();
    untold_ = lanes_.end_turn(step_.worker->now(), room) || untold_;
    if (!untold_ || !room) return false;
    untold_ = false;
    out_.next().advance(lanes_.known());
    return true;
  }
  bool has_more() {
    std::size_t phase = 0;
    steady_time due = never;
    return feeds_here_ && feed_.next(next_, phase, due);
  }
  bool begin_portion() {
    std::size_t phase = 0;
    steady_time due = never;
    if (!feed_.next(next_, phase, due) || phase != phase_ || due > step_.worker->now()) return false;
    left_ = feed_.take(next_++);
    begun_ = 0;
    if (left_.empty()) script_.portion_emitted(phase_);
    return true;
  }
  bool emit_some() {
    for (std::size_t n = 0; n != 256 && begun_ != left_.size(); ++n) out_(std::move(left_[begun_++]));
    out_.flush();
    if (begun_ == left_.size()) script_.portion_emitted(phase_);
    return true;
  }
  bool ask_for_the_end_of_the_epoch() {
    step_.worker->saw_epoch(step_.epoch);
    return !std::exchange(asked_, true);
  }

  feed<T>& feed_;
  script& script_;
  step_context step_;
  emitter<T> out_;
  bool feeds_here_;
  std::vector<T> left_;    ///< the portion that is being emitted
  std::size_t begun_ = 0;  ///< of it, emitted
  std::size_t next_ = 0;   ///< portion
  std::size_t phase_ = 0;
  std::size_t emitted_at_mark_ = 0;
  source_lanes lanes_;
  lane* lane_ = nullptr;  ///< null: nothing is fed here, or nobody goes by the time
  bool untold_ = true;    ///< the time of the lane is another than was told last
  bool asked_ = false;
  bool done_ = false;
};

template <class T>
void feed<T>::build(worker_builder& worker, node const& described) {
  worker.add<fed_stage<T>>(*this, worker, described);
}

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/testing/script.ipp>
#endif

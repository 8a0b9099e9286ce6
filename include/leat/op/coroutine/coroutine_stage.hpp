// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>
#include <leat/op/coroutine/inlet.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/mark_gate.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat::detail {

/// A coroutine of the user's between the records that come and those that it emits. It is resumed only when what it
/// waits for is there and the next step has room. One batch waits while it is busy with another; a mark waits until it
/// is through with all that came before, and so does a time.
template <class T, class U, class F>
class coroutine_stage final : public consumer<T>, public stage {
 public:
  coroutine_stage(F const& f, worker_builder& worker, node const& described)
      : f_(f),
        step_(described.step(), worker.worker()),
        room_(worker.worker()),
        out_(worker.batch_size<U>()),
        root_(room_, 0) {
    worker.provide({described.id, 0}, out_.next());
  }

  void take(T* records, std::size_t count) override {
    if (returned()) return;
    guarded(step_, [&] {
      in_.waiting_.make_room(count);
      for (std::size_t i = 0; i != count; ++i) in_.waiting_.push(std::move(records[i]));
    });
  }
  void look(T const* records, std::size_t count) override {
    if constexpr (copyable_record<T>) {
      if (returned()) return;
      guarded(step_, [&] {
        in_.waiting_.make_room(count);
        for (std::size_t i = 0; i != count; ++i) in_.waiting_.push(records[i]);
      });
    }
  }
  void arrive(mark arrived) override {
    gate_.arrive(arrived);
    in_.ended_ = arrived.last();
  }
  void advance(stream_time time) override { (in_.waiting_.empty() ? time_of_given_ : time_of_waiting_) = time; }
  bool ready() override { return (in_.waiting_.empty() && !gate_.holds()) || step_.no_room(); }

  bool turn() override {
    has_room_ = out_.next().ready();
    if (!has_room_) return false;
    if (step_.worker->stopping()) room_.hurry();
    bool const passed_before = pass_time();
    bool const ran = run();
    bool const passed = pass_time() || passed_before;
    return pass_mark() || passed || ran;
  }
  bool done() const override { return gate_.done(); }
  /// While the next step has no room there is nothing to wake up for.
  steady_time wake_at() override { return out_.next().ready() ? room_.next() : never; }
  /// It is not to blame for what waits while the next step has no room.
  held_up holding() const override {
    held_up held;
    bool const more_has_come = gate_.holds() || !in_.waiting_.empty();
    if (more_has_come && has_room_ && task_ && !returned() && !in_.wanted_) held.step = &step_;
    return held;
  }

 private:
  bool returned() const { return task_ && root_.finished(); }

  bool run() {
    bool ran = false;
    if (!task_) {
      guarded(step_, [&] { task_.emplace(f_(in_, out_)); });
      root_.begin(task_->frame());
      ran = true;
    } else if (in_.give()) {
      if (time_of_waiting_) time_of_given_ = std::exchange(time_of_waiting_, std::nullopt);
      root_.resume();
      ran = true;
    } else {
      room_.serve([&](ticket ticket) {
        if (!root_.answers_to(ticket)) return;
        root_.resume();
        ran = true;
      });
    }
    if (ran) {
      guarded(step_, [&] { out_.flush(); });
      if (returned()) {
        in_.waiting_.clear();
        guarded(step_, [&] { task_->result(); });
      }
    }
    return ran;
  }

  /// The time of the batch that the coroutine is at, once it asks for the next one.
  bool pass_time() {
    if (returned() && time_of_waiting_) time_of_given_ = std::exchange(time_of_waiting_, std::nullopt);
    if (!time_of_given_ || !(returned() || in_.wanted_) || !out_.next().ready()) return false;
    out_.next().advance(*std::exchange(time_of_given_, std::nullopt));
    return true;
  }

  bool pass_mark() {
    if (!gate_.holds() || !through() || time_of_given_ || !out_.next().ready()) return false;
    note_passed(gate_.pass(step_, out_.next()));
    return true;
  }

  /// Whether the coroutine has dealt with all that came before the mark.
  bool through() {
    if (returned()) return true;
    return !gate_.holds_last() && in_.wanted_ && in_.waiting_.empty();
  }

  F f_;
  step_context step_;
  waiting_room room_;
  emitter<U> out_;
  inlet<T> in_;
  std::optional<task<>> task_;
  coroutine_root root_;
  mark_gate gate_;
  std::optional<stream_time> time_of_given_;    ///< behind the batch that the coroutine is at
  std::optional<stream_time> time_of_waiting_;  ///< behind the one that waits
  bool has_room_ = true;                        ///< in its last turn
};

template <class T, class U, class F>
class coroutine_node final : public node {
 public:
  coroutine_node(F f, step_info step, port from) : node(std::move(step), from), f_(std::move(f)) {}

  void build(worker_builder& worker) const override {
    worker.subscribe<T>(inputs.front(), worker.add<coroutine_stage<T, U, F>>(f_, worker, *this));
  }

 private:
  F f_;
};

template <class U, class S, class F>
auto append_coroutine(S&& up, F f, step_info step) {
  using T = record_of<S>;
  graph& in = stream_access::graph_of(up);
  in.name_step(step);
  port const from = seal(std::forward<S>(up));
  return stream_access::make<U>(in, in.add<coroutine_node<T, U, F>>(std::move(f), std::move(step), from));
}

}  // namespace leat::detail

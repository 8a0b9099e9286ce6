// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/buffer.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/flow.hpp>
#include <leat/op/coroutine/async_options.hpp>
#include <leat/op/coroutine/coroutine_root.hpp>
#include <leat/op/coroutine/held_times.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/op/emitter.hpp>
#include <leat/op/function/owned_record.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/mark_gate.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat::detail {

/// A record under way: itself, since the function may have taken it by reference, the task, and what it came to.
template <class T, class U, class R>
struct flight {
  flight(waiting_room& room, std::size_t number) : slot(number), root(room, number) {}

  std::size_t slot;
  std::uint64_t group = 0;  ///< of records, between two times
  steady_time deadline = never;
  std::optional<T> record;
  std::optional<task<U>> running;
  coroutine_root root;
  std::optional<R> result;
};

/// Has up to `in_flight` tasks under way and visits only those that can go on. A mark waits until all records before it
/// are through, and nothing is let in meanwhile; a time waits too, and holds nobody up. Tasks go on while the next step
/// has no room; their results wait, and count as in flight.
template <class T, class U, class R, class F>
class async_stage final : public consumer<T>, public stage {
  using flight_type = flight<T, U, R>;
  using owned = record_made_of<U>;
  static constexpr bool gives_outcomes = !std::is_same_v<owned, R>;

 public:
  async_stage(F const& f, async_settings const& settings, worker_builder& worker, node const& described)
      : f_(f),
        settings_(settings),
        step_(described.step(), worker.worker()),
        room_(worker.worker()),
        out_(worker.batch_size<R>()) {
    worker.provide({described.id, 0}, out_.next());
  }

  void take(T* records, std::size_t count) override {
    guarded(step_, [&] {
      make_room(count);
      for (std::size_t i = 0; i != count; ++i) inbox_.push(std::move(records[i]));
    });
  }
  void look(T const* records, std::size_t count) override {
    if constexpr (copyable_record<T>) {
      guarded(step_, [&] {
        make_room(count);
        for (std::size_t i = 0; i != count; ++i) inbox_.push(records[i]);
      });
    }
  }
  void arrive(mark arrived) override { gate_.arrive(arrived); }
  void advance(stream_time time) override { times_.advance(time); }
  bool ready() override {
    return (inbox_.empty() && !gate_.holds() && under_way() < settings_.in_flight) || step_.no_room();
  }

  bool turn() override {
    return guarded(step_, [this] { return go_on(); });
  }
  bool done() const override { return gate_.done(); }
  steady_time wake_at() override { return (std::min)(room_.next(), deadlines_.next()); }
  /// Look-ups that have ended wait for others or for room.
  held_up holding() const override {
    held_up held;
    for (std::unique_ptr<flight_type> const& each : flights_) held.records += each->running ? 1u : 0u;
    held.got_through = landed_;
    if (held.records != 0) held.step = &step_;
    return held;
  }

 private:
  bool go_on() {
    bool progress = room_.serve([&](ticket ticket) {
      flight_type& called = *flights_[ticket.slot];
      if (called.root.answers_to(ticket)) attempt(called, [&] { called.root.resume(); });
    });
    progress = end_the_late() || progress;
    bool emitted = true;
    while (emitted) {  // what is through makes room for more
      progress = start_some() || progress;
      emitted = emit_some();
      progress = emitted || progress;
    }
    out_.flush();
    progress = pass_time() || progress;
    return pass_mark() || progress;
  }

  void make_room(std::size_t records) {
    if (inbox_.empty())
      group_ = times_.add(records);
    else
      times_.add_to(group_, records);
    inbox_.make_room(records);
  }

  std::size_t under_way() const { return flights_.size() - free_.size(); }

  bool start_some() {
    bool started = false;
    while (next_ != inbox_.size() && under_way() < settings_.in_flight) {
      start(inbox_.begin()[next_++]);
      started = true;
    }
    if (next_ == inbox_.size()) {
      inbox_.clear();
      next_ = 0;
    }
    return started;
  }

  void start(T& record) {
    if (free_.empty()) {
      flights_.push_back(std::make_unique<flight_type>(room_, flights_.size()));
      free_.push_back(flights_.back().get());
    }
    flight_type& starting = *free_.back();
    free_.pop_back();
    if (settings_.ordered) landing_.push_back(&starting);
    starting.group = group_;
    starting.record.emplace(std::move(record));
    attempt(starting, [&] {
      starting.running.emplace(f_(std::move(*starting.record)));
      starting.root.begin(starting.running->frame());
    });
    if (starting.result || !settings_.within) return;
    starting.deadline = saturated_sum(step_.worker->now(), *settings_.within);
    if (starting.deadline != never) deadlines_.add(starting.deadline, ticket(starting.slot, 0));
  }

  /// Lets a task go on; if that ended it, well or badly, its record has landed.
  template <class Go>
  void attempt(flight_type& flight, Go&& go) {
    try {
      go();
      if (!flight.root.finished()) return;
      keep(flight, flight.running->result());
    } catch (...) {
      fail(flight, text_of_current_exception().c_str());
    }
    land(flight);
  }

  /// A view shows the task or the record, which end when this has been copied.
  void keep(flight_type& flight, U&& result) {
    if constexpr (std::is_same_v<owned, U>)
      flight.result.emplace(std::move(result));
    else
      flight.result.emplace(owned(std::move(result)));
  }

  void fail(flight_type& flight, char const* reason) {
    if constexpr (gives_outcomes)
      flight.result.emplace(R::failed(reason));
    else
      step_.fail();
  }

  bool end_the_late() {
    if (deadlines_.next() == never) return false;
    late_.clear();
    deadlines_.collect(step_.worker->now(), late_);
    for (ticket const ticket : late_) end_late(*flights_[ticket.slot]);
    return !late_.empty();
  }

  void end_late(flight_type& flight) {
    flight.deadline = never;
    flight.root.cancel();
    std::string const reason = "the record took longer than " + in_words(*settings_.within);
    if constexpr (gives_outcomes)
      flight.result.emplace(R::late(reason));
    else
      guarded(step_, [&] { throw timed_out(reason); });
    land(flight);
  }

  static std::string in_words(std::chrono::nanoseconds time) {
    if (time.count() % 1'000'000 == 0) return std::to_string(time.count() / 1'000'000) + " ms";
    return std::to_string(time.count()) + " ns";
  }

  void land(flight_type& flight) {
    ++landed_;
    if (flight.deadline != never) deadlines_.remove(flight.deadline, ticket(flight.slot, 0));
    flight.deadline = never;
    flight.running.reset();
    flight.record.reset();
    if (!settings_.ordered) landing_.push_back(&flight);
  }

  flight_type& landing() const { return *static_cast<flight_type*>(landing_.front()); }

  bool emit_some() {
    if (landing_.empty() || !landing().result || !out_.next().ready()) return false;
    while (!landing_.empty() && landing().result) {
      flight_type& first = landing();
      landing_.pop_front();
      out_(std::move(*first.result));
      first.result.reset();
      times_.leave(first.group);
      free_.push_back(&first);
    }
    return true;
  }

  bool pass_time() {
    if (!times_.has_due() || !out_.next().ready()) return false;
    out_.next().advance(times_.take_due());
    return true;
  }

  bool pass_mark() {
    if (!gate_.holds() || !inbox_.empty() || under_way() != 0 || !out_.next().ready()) return false;
    note_passed(gate_.pass(step_, out_.next()));
    return true;
  }

  F f_;
  async_settings settings_;
  step_context step_;
  waiting_room room_;
  emitter<R> out_;
  buffer<T> inbox_;
  std::size_t next_ = 0;  ///< of the inbox, to be started
  std::vector<std::unique_ptr<flight_type>> flights_;
  std::vector<flight_type*> free_;
  pointer_queue landing_;  ///< in order: all under way; else: those with a result
  alarms deadlines_;
  std::vector<ticket> late_;
  mark_gate gate_;
  held_times times_;
  std::uint64_t group_ = 0;  ///< of what is in the inbox
  std::uint64_t landed_ = 0;
};

template <class T, class U, class R, class F>
class async_node final : public node {
 public:
  async_node(F f, async_settings const& settings, step_info step, port from)
      : node(std::move(step), from), f_(std::move(f)), settings_(settings) {}

  void build(worker_builder& worker) const override {
    worker.subscribe<T>(inputs.front(), worker.add<async_stage<T, U, R, F>>(f_, settings_, worker, *this));
  }

 private:
  F f_;
  async_settings settings_;
};

template <class R, class U, class S, class F>
auto append_async(S&& up, F f, async_settings const& settings, step_info step) {
  using T = record_of<S>;
  graph& in = stream_access::graph_of(up);
  in.name_step(step);
  if (settings.in_flight == 0)
    throw flow_error(
        concat({"step \"", step.name, "\" (", place_of(step.location),
                "): in_flight(0) lets no record through; give the number of records that may be under way"}));
  if (settings.within && settings.within->count() <= 0)
    throw flow_error(concat({"step \"", step.name, "\" (", place_of(step.location),
                             "): within(...) leaves a record no time; give a duration above zero"}));
  port const from = seal(std::forward<S>(up));
  return stream_access::make<R>(in, in.add<async_node<T, U, R, F>>(std::move(f), settings, std::move(step), from));
}

}  // namespace leat::detail

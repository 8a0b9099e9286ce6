// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/graph.hpp>
#include <leat/op/function/function.hpp>
#include <leat/op/fused/batch_tail.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/record.hpp>
#include <leat/time/clock_options.hpp>
#include <leat/time/dates.hpp>
#include <leat/time/dating.hpp>
#include <leat/time/dating_options.hpp>
#include <leat/time/late_by.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/window_info.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace leat {

/// The two sides of `event_time`. Piped on as it is, it is `down`.
template <class T>
struct dated {
  /// The records that are not late. Windows behind it go by its time.
  stream<T> down;
  /// Those that are, each with its time and why. When nobody reads it they are counted.
  stream<leat::late<T>> late;

  template <class Step>
  friend auto operator|(dated const& streams, Step step) {
    return streams.down | std::move(step);
  }
  template <class Step>
  friend auto operator|(dated&& streams, Step step) {
    return std::move(streams.down) | std::move(step);
  }
  /// The same where a stream is wanted: `leat::stream on_time = s | event_time(...)`.
  operator stream<T>() const { return down; }
};
template <class T>
stream(dated<T>) -> stream<T>;

/// What is behind a step that was refused: steps behind it say nothing more.
template <>
struct dated<poison> {
  stream<poison> down;
  stream<poison> late;

  template <class Step>
  friend stream<poison> operator|(dated const&, Step const&) {
    return {};
  }
};

namespace detail {

/// The end of a fused loop that dates its records: those that are late leave by an output of their own.
template <class T, class F>
class dating_tail final : public dating {
 public:
  template <class U>
  static constexpr bool arrays = std::is_same_v<T, U> && plain<T>;
  template <class X>
  static constexpr bool answers_for = false;

  template <class RunEnd>
  [[gnu::cold]] dating_tail(RunEnd const& run_end, worker_builder& worker, node const& described)
      : dating(run_end.rules, worker, described),
        ts_(run_end.ts),
        step_(described.steps.back(), worker.worker()),
        on_time_(worker.batch_size<T>()),
        late_(worker.batch_size<leat::late<T>>()) {
    worker.provide({described.id, 0}, on_time_.next);
    worker.provide({described.id, 1}, late_.next);
  }

  std::size_t block() const { return on_time_.records.capacity(); }

  template <class Fill>
  void write(std::size_t records, Fill&& fill) {
    if (on_time_.records.room() < records) send();
    begin();
    T* to = on_time_.records.end();
    lane_judge judged = judge();
    auto cursor = [&](auto&& given) {
      T const record(std::forward<decltype(given)>(given));
      std::int64_t const time = time_of(record);
      if (time == undated) [[unlikely]]
        return leave_out(record, time, late_reason::undated);
      lane_judge::verdict const verdict = judged(time);
      if (verdict != lane_judge::verdict::on_time) [[unlikely]]
        return leave_out(record, time, reason_of(verdict));
      std::construct_at(to, record);
      ++to;
    };
    fill(cursor);
    judge() = judged;
    on_time_.records.set_end(to);
  }

  template <class X>
  void push(X&& given) {
    if constexpr (!std::is_same_v<std::remove_cvref_t<X>, T>) {
      push(T(std::forward<X>(given)));
    } else {
      begin();
      std::int64_t const time = time_of(std::as_const(given));
      if (time == undated) return leave_out(std::forward<X>(given), time, late_reason::undated);
      lane_judge::verdict const verdict = judge()(time);
      if (verdict == lane_judge::verdict::on_time)
        on_time_.push(std::forward<X>(given));
      else
        leave_out(std::forward<X>(given), time, reason_of(verdict));
    }
  }

  void finish_batch() {
    send();
    if (!begun_) return;
    begun_ = false;
    end_batch();
  }
  void arrive(mark arrived) {
    step_.pass(arrived, [&] {
      close(arrived);
      on_time_.next.arrive(arrived);
      late_.next.arrive(arrived);
    });
  }
  void advance(stream_time time) { take_time(time); }
  /// A batch has gone on, and there is no room for another.
  bool full() {
    bool const on_time_sent = on_time_.has_sent();
    bool const late_sent = late_.has_sent();
    return (on_time_sent || late_sent) && !ready();
  }
  bool ready() { return on_time_.next.ready() && late_.next.ready(); }

 private:
  static constexpr std::int64_t undated = stream_time::nothing_known;

  void begin() {
    if (begun_) [[likely]]
      return;
    begun_ = true;
    begin_batch();
  }
  void send() {
    on_time_.send();
    if (late_.records.empty()) return;
    late_.send();
  }

  /// `undated`: it has none, or one that is too long ago to be one.
  std::int64_t time_of(T const& record) {
    return guarded(step_, [&]() -> std::int64_t {
      auto const time = detail::dated(ts_(record));
      if constexpr (std::is_same_v<std::remove_cv_t<decltype(time)>, moment>)
        return time.time_since_epoch().count();
      else
        return time ? time->time_since_epoch().count() : undated;
    });
  }
  static late_reason reason_of(lane_judge::verdict verdict) {
    return verdict == lane_judge::verdict::behind ? late_reason::behind : late_reason::ahead;
  }
  template <class X>
  [[gnu::cold, gnu::noinline]] void leave_out(X&& given, std::int64_t time, late_reason why) {
    bool const read = late_.next.read();
    late_counts left_out;
    left_out.add(why);
    count().add(left_out, read);
    if (read) late_.push(leat::late<T>{no_window, moment(std::chrono::nanoseconds(time)), why, std::forward<X>(given)});
  }

  void pass(stream_time time) override {
    on_time_.next.advance(time);
    late_.next.advance(time);
  }
  bool has_room() override { return ready(); }

  F ts_;
  step_context step_;
  outgoing_batch<T> on_time_;
  outgoing_batch<leat::late<T>> late_;
  bool begun_ = false;  ///< a batch is
};

template <class T, class F>
struct to_dated {
  using tail = dating_tail<T, F>;
  to_dated(F function, dating_rules of) : ts(std::move(function)), rules(of) {}
  F ts;
  dating_rules rules;
};

/// `step` has its full name.
template <class S, class F>
auto append_dating(S&& up, F ts, dating_options const& options, step_info step) {
  using T = record_of<S>;
  graph& in = stream_access::graph_of(up);
  port const at = finish(std::forward<S>(up), to_dated<T, F>(std::move(ts), options.rules()), std::move(step));
  in.at(at).parameters = options.parameters();
  in.at(at).outputs = "down late";
  return leat::dated<T>{stream_access::make<T>(in, {at.node, 0}), stream_access::make<leat::late<T>>(in, {at.node, 1})};
}

template <class F>
class event_time_step {
 public:
  event_time_step(step_name name, F ts, dating_options options)
      : name_(std::move(name)), ts_(std::move(ts)), options_(options) {}

  template <a_stream S>
  friend auto operator|(S&& up, event_time_step self) {
    using T = record_of<S>;
    constexpr bool ts_takes_the_record = silent<S> || reads<F, T>;
    static_assert(ts_takes_the_record,
                  "leat: event_time(name, ts, late_by(d)): ts must be callable with a const reference to the record "
                  "that the step before it produces, or be a pointer to a member of it");
    if constexpr (silent<S> || !ts_takes_the_record) {
      static_cast<void>(refused(up));
      return leat::dated<poison>{};
    } else {
      constexpr bool ts_returns_a_time = is_a_time_or_none<std::remove_cvref_t<result_of_reading<F, T>>>;
      static_assert(ts_returns_a_time,
                    "leat: event_time(name, ts, late_by(d)): ts must return a time of the system clock, a duration "
                    "since an origin of your own, or a std::optional of one; of a number nobody can tell the unit: "
                    "write std::chrono::seconds(n), say");
      if constexpr (!ts_returns_a_time)
        return leat::dated<poison>{};
      else {
        graph& in = stream_access::graph_of(up);
        step_info step(kind_of_event_time, self.name_);
        in.name_step(step);
        return append_dating(std::forward<S>(up), std::move(self.ts_), self.options_, std::move(step));
      }
    }
  }

 private:
  step_name name_;
  F ts_;
  dating_options options_;
};

struct event_time_without_wait {
  template <a_stream S>
  friend leat::dated<poison> operator|(S&&, event_time_without_wait) {
    constexpr bool event_time_is_told_how_late_records_may_be = silent<S>;
    static_assert(event_time_is_told_how_late_records_may_be,
                  "leat: event_time(name, ts, late_by(d)): how far a record may lie behind the latest one before it "
                  "is late has to be said: there is no duration that is right for all data");
    return {};
  }
};

}  // namespace detail

/// Says when each record happened, and which are late: `auto [down, late] = s | event_time("dated", &trade::at,
/// late_by(5s))`. A record is late when it is older than the latest record that its partition has brought before, less
/// `late_by`; while there is nothing to read, waiting counts as if a record had come. Windows with a `stream_clock`
/// behind it go by the partition that is furthest behind. Put it behind the parsing and before filters.
///
/// `ts` takes a const reference and returns a time of the system clock, a duration, or an optional of one, empty for a
/// record without a time; on the worker's thread. Options, in any order: `corrections`, `idle_after` (the longer one of
/// `late_by` and a second unless it is said), `trusted_ahead`, `credible`, `keep_together`, `data_only`. The bounds are
/// state, found by the step's name after a restart. Throws flow_error for a negative duration.
template <class F, class... Options>
  requires(detail::dating_option<Options> && ...)
detail::event_time_step<detail::function_of<F>> event_time(step_name name, F ts, late_by wait, Options... options) {
  detail::dating_options given(wait);
  (given.take(options), ...);
  if (std::string const wrong = given.refusal(); !wrong.empty())
    throw flow_error(
        detail::concat({"event_time \"", name.text, "\" (", detail::place_of(name.location), "): ", wrong}));
  return {std::move(name), std::move(ts), given};
}
template <class F>
detail::event_time_without_wait event_time(step_name const&, F const&) {
  return {};
}
template <class F, class Rep, class Period, class... Options>
detail::event_time_without_wait event_time(step_name const&, F const&, std::chrono::duration<Rep, Period>,
                                           Options const&...) {
  return {};
}

}  // namespace leat

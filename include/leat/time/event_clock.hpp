// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/op/function/function.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/clock_options.hpp>
#include <leat/time/dates.hpp>
#include <leat/time/late_by.hpp>
#include <leat/time/moment.hpp>

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <utility>

namespace leat {
namespace detail {

/// What `event_clock` is told.
struct event_clock_settings {
  std::chrono::nanoseconds late{0};
  std::chrono::nanoseconds corrections{0};
  std::chrono::nanoseconds trusted_ahead = std::chrono::minutes(5);
  std::chrono::nanoseconds credible = std::chrono::hours(24);
  std::chrono::nanoseconds forget_quiet_keys = std::chrono::hours(1);
  bool data_only = false;
  bool while_open = false;

  void take(leat::corrections option) { corrections = option.duration; }
  void take(leat::trusted_ahead option) { trusted_ahead = option.duration; }
  void take(leat::credible option) { credible = option.duration; }
  void take(leat::forget_quiet_keys option) { forget_quiet_keys = option.duration; }
  void take(leat::data_only) { data_only = true; }
  void take(leat::while_open) { while_open = true; }

  std::string parameters() const;
  std::string refusal() const;
};

template <class Option>
concept event_clock_option = requires(event_clock_settings& settings, Option option) { settings.take(option); };

/// What a key knows of its time.
struct event_clock_state {
  moment bound = (moment::min)();
  std::chrono::nanoseconds quiet_at{0};  ///< how quiet it had been when a record moved the bound

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & bound & quiet_at;
  }
};

/// The part of the clock that does not know what values are.
class event_clock_rules {
 public:
  using state = event_clock_state;

  static constexpr readings due_by{.watermark = true, .quiet = true, .wall = false};

  explicit event_clock_rules(event_clock_settings settings) : settings_(settings) {}

  moment observe(state& of, moment at, reading const& now) const {
    moment const before = bound(of, now);
    if (settings_.credible != forever && at > moment_plus(now.wall, settings_.trusted_ahead)) return before;
    moment const moved = moment_minus(at, settings_.late);
    if (moved <= before) return before;
    of = {moved, now.quiet};
    return moved;
  }
  moment bound(state const& of, reading const& now) const { return (std::max)(own_bound(of, now), now.watermark); }
  due_at due(state const& of, moment close, reading const& now) const {
    due_at result{.watermark = close};
    if (!settings_.data_only && finite(of.bound))
      result.quiet = saturated_sum(
          now.quiet, (std::max)(duration_between(own_bound(of, now), close), std::chrono::nanoseconds(0)));
    return result;
  }
  bool credible(moment at, reading const& now) const {
    return settings_.credible == forever || at <= moment_plus(now.wall, settings_.credible);
  }

  /// What a key without windows knows is needed while it says more than the time of the stream does.
  bool worth_keeping(state const& of, reading const& now) const {
    return own_bound(of, now) > now.watermark && now.quiet - of.quiet_at < settings_.forget_quiet_keys;
  }
  due_at kept_until(state const& of, reading const& now) const {
    return {.watermark = own_bound(of, now), .quiet = saturated_sum(of.quiet_at, settings_.forget_quiet_keys)};
  }

  std::chrono::nanoseconds waits() const { return settings_.data_only ? std::chrono::nanoseconds(0) : settings_.late; }
  /// For how long windows take values after their close.
  std::chrono::nanoseconds corrections() const { return settings_.corrections; }
  bool takes_while_open() const { return settings_.while_open; }
  std::string parameters() const { return settings_.parameters(); }
  std::string refusal() const { return settings_.refusal(); }

 private:
  moment own_bound(state const& of, reading const& now) const {
    return settings_.data_only ? of.bound : moment_plus(of.bound, now.quiet - of.quiet_at);
  }

  event_clock_settings settings_;
};

template <class F>
class event_clock_of : public event_clock_rules {
 public:
  event_clock_of(F ts, event_clock_settings settings) : event_clock_rules(settings), ts_(std::move(ts)) {}

  template <class V>
    requires takes_time_of<F, V>
  std::optional<moment> time_of(V const& value) const {
    return dated(ts_(value));
  }

  /// Whether it can tell the time of such values, or a sentence that says why not.
  template <class V>
  static consteval bool fits() {
    constexpr bool ts_takes_the_value = takes_time_of<F, V>;
    static_assert(ts_takes_the_value,
                  "leat: event_clock(ts, ...): ts must be callable with a const reference to the value whose time it "
                  "tells: of a keyed stream that is the value without its key");
    if constexpr (ts_takes_the_value) {
      constexpr bool ts_returns_a_time = is_a_time_or_none<time_returned<F, V>>;
      static_assert(ts_returns_a_time,
                    "leat: event_clock(ts, ...): ts must return a time of std::chrono::system_clock, a duration, or a "
                    "std::optional of one; a plain number has no unit: write std::chrono::sys_time, or "
                    "std::chrono::milliseconds(number)");
      return ts_returns_a_time;
    } else {
      return false;
    }
  }

 private:
  F ts_;
};

}  // namespace detail

/// A clock for each key, moved by the key's own records: the bound is the latest time of a record so far, less `late`.
/// So what is late depends on the records of the key and their order only, which must be defined: not behind
/// `redistribute`, and not where the values of a key come from several partitions. `ts(value)` tells when the value
/// happened: a time of the system clock, a duration since an origin of the program's own, or an optional of one, which
/// is empty for a value without a time. Options, in any order: `corrections`, `trusted_ahead`, `credible`, `data_only`,
/// `forget_quiet_keys`, `while_open`.
template <class F, detail::event_clock_option... Options>
auto event_clock(F ts, late_by late, Options... options) {
  detail::event_clock_settings settings;
  settings.late = late.duration;
  (settings.take(options), ...);
  return detail::event_clock_of<detail::function_of<F>>(std::move(ts), settings);
}
template <class F, detail::event_clock_option... Options>
auto event_clock(F const&, Options const&...) {
  constexpr bool event_clock_is_told_how_late_records_may_be = std::is_void_v<F>;
  static_assert(event_clock_is_told_how_late_records_may_be,
                "leat: event_clock(ts, leat::late_by(time)): how far a record may lie behind the latest one of its key "
                "is for you to say");
  return detail::refused_clock{};
}

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/time/event_clock.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/function/function.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/dates.hpp>
#include <leat/time/dating_options.hpp>
#include <leat/time/late_by.hpp>
#include <leat/time/moment.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

/// Of clocks that know nothing of a key.
struct no_clock_state {
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

/// The clock that goes by the time of the stream, the same for all keys.
template <class F>
class stream_clock_of {
 public:
  using state = no_clock_state;

  static constexpr bool needs_a_dated_stream = true;
  static constexpr readings due_by{.watermark = true, .quiet = false, .wall = false};

  explicit stream_clock_of(F ts) : ts_(std::move(ts)) {}

  template <class V>
    requires takes_time_of<F, V>
  std::optional<moment> time_of(V const& value) const {
    return dated(ts_(value));
  }
  /// Whether it can tell the time of such values, or a sentence that says why not.
  template <class V>
  static consteval bool fits() {
    constexpr bool ts_tells_the_time_of_a_value = [] {
      if constexpr (takes_time_of<F, V>)
        return is_a_time_or_none<time_returned<F, V>>;
      else
        return false;
    }();
    static_assert(ts_tells_the_time_of_a_value,
                  "leat: stream_clock(ts): ts is given a const reference to the value, of a keyed stream without its "
                  "key, and must return a time of std::chrono::system_clock, a duration, or a std::optional of one; a "
                  "plain number has no unit");
    return ts_tells_the_time_of_a_value;
  }

  moment observe(state&, moment, reading const& now) const { return now.watermark; }
  moment bound(state const&, reading const& now) const { return now.watermark; }
  due_at due(state const&, moment close, reading const&) const { return {.watermark = close}; }
  std::string parameters() const { return "stream_clock"; }

  F const& function() const { return ts_; }

 private:
  F ts_;
};

/// The same, of a stream that is to be dated by the step itself.
template <class F>
class dating_clock_of : public stream_clock_of<F> {
 public:
  dating_clock_of(F ts, dating_options options) : stream_clock_of<F>(std::move(ts)), options_(options) {}
  /// How the stream before the step is to be dated.
  dating_options const& dates_by() const { return options_; }
  std::string parameters() const { return "stream_clock, " + options_.parameters(); }
  std::string refusal() const { return options_.refusal(); }

 private:
  dating_options options_;
};

}  // namespace detail

/// The time of the stream, which a step `event_time` before has made: it decides which windows close, for all keys
/// together. `ts(value)` tells when the value happened, as for `event_clock`. A step with this clock on a stream that
/// nothing has dated is a flow_error.
template <class F>
detail::stream_clock_of<detail::function_of<F>> stream_clock(F ts) {
  return detail::stream_clock_of<detail::function_of<F>>(std::move(ts));
}
/// The same for a stream that nothing has dated: as if `event_time(ts, late, options...)` stood before the step. Its
/// late records are in the `late` of the step.
template <class F, detail::dating_option... Options>
detail::dating_clock_of<detail::function_of<F>> stream_clock(F ts, late_by late, Options... options) {
  detail::dating_options given(late);
  (given.take(options), ...);
  return {std::move(ts), given};
}
template <class F, detail::dating_option... Options>
  requires(sizeof...(Options) > 0)
detail::refused_clock stream_clock(F const&, Options const&...) {
  constexpr bool options_are_of_what_dates_the_stream = std::is_void_v<F>;
  static_assert(
      options_are_of_what_dates_the_stream,
      "leat: stream_clock(ts) goes by what has dated its stream: give that event_time these options, or write "
      "stream_clock(ts, leat::late_by(time), options...), which dates it");
  return {};
}

}  // namespace leat

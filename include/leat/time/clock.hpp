// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/route/codec/has_codec.hpp>
#include <leat/time/moment.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>

namespace leat {

/// What a clock may read besides the times of its records.
struct reading {
  /// W: the time of the stream. What comes from here on is no older, but for what is late where the stream was dated.
  moment watermark = (moment::min)();
  /// Q: for how long, since the start, there was nothing to read. By the steady clock.
  std::chrono::nanoseconds quiet{0};
  /// The wall clock, read once for each batch.
  moment wall = (moment::min)();
};

/// When the bound of a clock will have come to some moment although no record moves it: as soon as the reading has
/// reached any of these.
struct due_at {
  moment watermark = (moment::max)();        ///< the end: this time of the stream alone does not
  std::chrono::nanoseconds quiet = forever;  ///< forever: no waiting does
  moment wall = (moment::max)();             ///< the end: the wall does not

  /// No reading makes it due but that of the end.
  bool never() const { return watermark == (moment::max)() && quiet == forever && wall == (moment::max)(); }
  /// Whether one of them has been reached.
  bool has_come(reading const& now) const {
    return now.watermark >= watermark || (quiet != forever && now.quiet >= quiet) ||
           (wall != (moment::max)() && now.wall >= wall);
  }
};

/// Kinds of readings.
struct readings {
  bool watermark = true;  ///< the time of the stream
  bool quiet = true;      ///< how long there was nothing to read
  bool wall = true;       ///< the wall clock
};

/// A clock decides what is late and which windows have closed. It is a description that each worker has a copy of; what
/// it knows is in a `state`, of which each key has one, default-constructed for a key that is new and kept over a
/// restart, so it needs a codec.
///  - `time_of(value)`: when the value happened; none: nobody knows;
///  - `observe(state&, moment, reading)`: a record of that time has come. Returns the bound that then holds;
///  - `bound(state, reading)`: records older than this are late, windows that close by it have closed. Never falls
///    while records come and readings grow;
///  - `due(state, close, reading)`: which readings make `bound` reach `close`.
/// Optional:
///  - `credible(moment, reading)`: false sends the record to `late`, as `late_reason::ahead`, unobserved;
///  - `worth_keeping(state, reading)`: whether a key without open windows has to be known still. No, unless it is said;
///  - `kept_until(state, reading)`: a `due_at` from which `worth_keeping` says no;
///  - `begin_batch(wall_time)`: values come. Of a clock that goes by when they do;
///  - `waits()`: how long nothing has to come until `bound` has reached the time of the latest record by waiting alone.
///    No time, unless it is said;
///  - `due_by`, a constant of type `readings`: those that `due` and `kept_until` name. What is left out needs no room
///    in each key. All, unless it is said;
///  - `goes_by_stream`, a constant: false says that neither the time of the stream nor waiting moves it;
///  - `parameters()`: the clock as text, which must be the same when a run goes on from a snapshot;
///  - `refusal()`: what is wrong with its numbers, as a sentence's end; empty: nothing.
template <class C, class V>
concept clock_of = std::default_initializable<typename C::state> &&
                   requires(C const& clock, typename C::state& state, typename C::state const& seen, V const& value,
                            moment at, reading const& now) {
                     { clock.time_of(value) } -> std::convertible_to<std::optional<moment>>;
                     { clock.observe(state, at, now) } -> std::same_as<moment>;
                     { clock.bound(seen, now) } -> std::same_as<moment>;
                     { clock.due(seen, at, now) } -> std::same_as<due_at>;
                   };

namespace detail {

/// Whatever values it is for: it can be asked the time.
template <class C>
concept a_clock =
    std::default_initializable<typename C::state> && has_codec<typename C::state> &&
    requires(C const& clock, typename C::state& state, typename C::state const& seen, moment at, reading const& now) {
      { clock.observe(state, at, now) } -> std::same_as<moment>;
      { clock.bound(seen, now) } -> std::same_as<moment>;
      { clock.due(seen, at, now) } -> std::same_as<due_at>;
    };

/// What a clock becomes that was described wrongly, after the sentence that says so.
struct refused_clock {};

/// Whether the clock goes by the time of a stream that has to be dated.
template <class Clock>
inline constexpr bool needs_a_dated_stream = requires { requires Clock::needs_a_dated_stream; };
/// Whether the step that has this clock is to date its stream itself.
template <class Clock>
inline constexpr bool dates_its_stream = requires(Clock const& clock) { clock.dates_by(); };

/// Which readings a key may be looked at for.
template <class Clock>
inline constexpr readings due_by = {};
template <class Clock>
  requires requires { Clock::due_by; }
inline constexpr readings due_by<Clock> = Clock::due_by;

/// Of a clock or a windower.
template <class Described>
std::string parameters_of(Described const& described) {
  if constexpr (requires { std::string(described.parameters()); })
    return described.parameters();
  else
    return {};
}
template <class Described>
std::string refusal_of(Described const& described) {
  if constexpr (requires { std::string(described.refusal()); })
    return described.refusal();
  else
    return {};
}

}  // namespace detail
}  // namespace leat

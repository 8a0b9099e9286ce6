// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/dated_before.hpp>
#include <leat/time/key_alarms.hpp>
#include <leat/time/moment.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/ordered_queue.hpp>
#include <leat/time/window_info.hpp>
#include <leat/time/window_lengths.hpp>
#include <leat/time/windower.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace leat::detail {

/// What becomes of the values of one key: its clock, its open windows and, where they are applied in order, those that
/// wait for their time. It knows neither keys nor steps. `Missed` is called with a late value: (window id, time,
/// reason, value).
///
/// With each value: the clock observes its time; a value older than the bound is late; any other is put into its
/// windows, or into the queue; then what the bound has reached is taken out of the queue in order, and the windows
/// that close by it close. So the results depend on the values of the key alone, and on the readings of the clock.
template <class Clock, class Windows, bool Ordered>
class window_machine {
  using value_type = typename Windows::content_type::value;
  /// Values of several sides that join: each side has a clock of its own.
  static constexpr bool has_sides = requires { Clock::sides; };
  /// A window may have asked to be told of a time of the wall.
  static constexpr bool asks_for_the_wall =
      requires(Windows const& all, typename Windows::state const& of_key) { all.notify_at(of_key); };
  static constexpr readings awaited = {due_by<Clock>.watermark, due_by<Clock>.quiet,
                                       due_by<Clock>.wall || asks_for_the_wall};
  using queue = decltype([] {
    if constexpr (!Ordered)
      return no_queue();
    else if constexpr (has_sides)
      return ordered_queue<value_type, typename Windows::order_of_sides>();
    else
      return ordered_queue<value_type>();
  }());

 public:
  using content_type = typename Windows::content_type;

  /// What a snapshot has of a key.
  struct saved {
    typename Clock::state clock{};
    typename Windows::saved windows;
    std::vector<queued_value<value_type>> queue;

    /// An end has had all that is here in its results.
    void mark_spoken() {
      windows.mark_spoken();
      for (queued_value<value_type>& each : queue) each.told = true;
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & clock & windows;
      if constexpr (Ordered) serialize_all(archive, queue);
    }
  };
  /// What is kept of a key.
  struct state {
    [[no_unique_address]] typename Clock::state clock{};
    typename Windows::state windows{};
    [[no_unique_address]] detail::window_machine<Clock, Windows, Ordered>::queue waiting;
    [[no_unique_address]] armed_alarms<awaited> armed;
    std::unique_ptr<saved> at_end;  ///< the key as the end of the input found it, which a continuation goes on from
  };
  /// Writes what `saved` reads.
  class view {
   public:
    view(window_machine const& machine, state const& of) : machine_(&machine), of_(&of) {}
    template <class Archive>
    void serialize(Archive& archive, unsigned) const {
      machine_->write(archive, *of_);
    }

   private:
    window_machine const* machine_;
    state const* of_;
  };

  /// What is kept of a key says nothing before a window closes, and all keys' windows close together: they can be kept
  /// by window.
  static constexpr bool goes_by_slices =
      !Ordered && needs_a_dated_stream<Clock> && requires { requires Windows::by_slices; };

  window_machine(Clock clock, Windows windows) : clock_(std::move(clock)), windows_(std::move(windows)) {}

  /// Whether the time of the stream, or waiting, changes anything.
  static constexpr bool goes_by_stream = [] {
    if constexpr (requires { Clock::goes_by_stream; })
      return Clock::goes_by_stream;
    else
      return true;
  }();
  /// Whether the step dates its stream by itself, before it.
  static constexpr bool dates_its_stream = detail::dates_its_stream<Clock>;
  /// What is in the way of windows that take values after their close, and give a correction for each.
  static constexpr obstacle_to_corrections obstacle = [] {
    if constexpr (has_sides)
      return obstacle_to_corrections::sides;
    else if constexpr (requires { Windows::forgets_when_it_closes; })
      return obstacle_to_corrections::own_state;
    else if constexpr (!requires(Windows& all, std::chrono::nanoseconds time) { all.keep_for(time); })
      return obstacle_to_corrections::no_windows;
    else
      return Ordered ? obstacle_to_corrections::order : obstacle_to_corrections::none;
  }();
  static constexpr bool can_correct = obstacle == obstacle_to_corrections::none;
  /// For how long the clock says; none: it goes by the stream.
  std::optional<std::chrono::nanoseconds> own_corrections() const {
    if constexpr (requires { clock_.corrections(); })
      return clock_.corrections();
    else
      return std::nullopt;
  }
  /// So long after their close windows take values.
  void correct_for(std::chrono::nanoseconds corrections)
    requires(can_correct)
  {
    corrections_ = corrections;
    windows_.keep_for(corrections);
  }
  /// The first moment after this one that somebody waits for.
  moment next_after(moment at) const { return windows_.next_after(at); }
  window_lengths lengths(moment near) const { return windows_.lengths(near); }
  Windows& windows() { return windows_; }
  /// How long after its last value a key may have something open.
  std::chrono::nanoseconds waits() const {
    if constexpr (requires { clock_.waits(); })
      return saturated_sum(clock_.waits(), corrections_);
    else
      return corrections_;
  }

  void begin_batch(wall_time wall) {
    if constexpr (requires { clock_.begin_batch(wall); }) clock_.begin_batch(wall);
    if constexpr (requires { windows_.content().begin_batch(wall); }) windows_.content().begin_batch(wall);
  }

  /// Why the value, or one of the windows it was for, has been missed, of which is told if that is wanted; none: it is
  /// in its windows.
  template <class Outlet, class Missed>
  std::optional<late_reason> take(state& key, value_type&& value, reading const& now, Outlet& outlet, bool tell_missed,
                                  Missed&& missed) {
    std::optional<moment> const at = clock_.time_of(std::as_const(value));
    if (!at || !finite(*at) || !is_credible(*at, now)) return miss_unplaced(at, std::move(value), tell_missed, missed);
    moment bound = observe(key, value, *at, now);
    bool in_time = *at >= horizon_of(bound);
    if constexpr (has_sides) {
      if (!in_time) {
        miss(key, *at, std::move(value), bound, outlet, tell_missed, missed);
        return late_reason::behind;
      }
      bound = clock_.bound(key.clock, now);
    }
    if constexpr (requires { requires Windows::closes_first; }) settle(key, bound, now, outlet);
    if (!in_time)
      in_time = !miss(key, *at, std::move(value), bound, outlet, tell_missed, missed);
    else if constexpr (Ordered)
      key.waiting.add(queued_value<value_type>(*at, std::move(value), false));
    else if constexpr (can_correct)
      windows_.put(key.windows, *at, std::move(value), false, outlet, bound);
    else
      windows_.put(key.windows, *at, std::move(value), false, outlet);
    settle(key, bound, now, outlet);
    return in_time ? std::nullopt : std::optional(late_reason::behind);
  }

  std::optional<moment> time_of(value_type const& value) const { return clock_.time_of(value); }
  /// A value that is late by a clock that knows nothing of keys.
  template <class Missed>
  late_reason miss(std::optional<moment> at, value_type&& value, bool tell_missed, Missed&& missed) const {
    if (!at || !finite(*at)) return miss_unplaced(at, std::move(value), tell_missed, missed);
    if (tell_missed) tell_missed_windows(*at, std::move(value), missed);
    return late_reason::behind;
  }

  /// The same for a value that was late where the stream was dated, of which no key knows.
  template <class Missed>
  void miss_before(moment at, late_reason why, value_type&& value, Missed&& missed) const {
    if (why != late_reason::behind) return missed(no_window, at, why, std::move(value));
    tell_missed_windows(at, std::move(value), missed);
  }

  /// The reading of the clock has moved.
  template <class Outlet>
  void advance(state& key, reading const& now, Outlet& outlet) {
    settle(key, clock_.bound(key.clock, now), now, outlet);
    if constexpr (requires { windows_.notify_at(key.windows); }) windows_.notify(key.windows, now.wall, outlet);
  }

  /// The input has ended: all windows speak. `goes_on`: a later run may go on from here.
  template <class Outlet>
  void end(state& key, bool goes_on, Outlet& outlet) {
    if (goes_on) key.at_end = as_the_end_found(key);
    apply_until((moment::max)(), key, outlet);
    windows_.end(key.windows, outlet);
  }

  /// Whether anything has to be known of the key.
  bool keeps(state const& key, reading const& now) const {
    if (!is_idle(key)) return true;
    if constexpr (requires { clock_.worth_keeping(key.clock, now); })
      return clock_.worth_keeping(key.clock, now);
    else
      return false;
  }

  /// The readings at which the key is to be looked at again, although no value comes.
  due_at due(state const& key, reading const& now) const {
    due_at result;
    moment next = (moment::max)();
    if constexpr (goes_by_sides) {
      result = clock_.due_by_sides(key.clock, windows_.next_closes(key.windows), now);
      if (!result.never()) return result;
    } else {
      next = windows_.next_close(key.windows);
      if constexpr (Ordered)
        next = (std::min)(next, has_sides ? moment_plus(key.waiting.next(), tick) : key.waiting.next());
    }
    if (next != (moment::max)()) {
      result = clock_.due(key.clock, next, now);
    } else {
      if constexpr (requires { clock_.kept_until(key.clock, now); })
        if (is_idle(key)) result = clock_.kept_until(key.clock, now);
    }
    if constexpr (requires { windows_.notify_at(key.windows); })
      result.wall = (std::min)(result.wall, windows_.notify_at(key.windows));
    return result;
  }

  view save(state const& key) const { return {*this, key}; }
  state load(saved&& from) {
    state key;
    key.clock = std::move(from.clock);
    key.windows = windows_.load(std::move(from.windows));
    if constexpr (Ordered)
      for (queued_value<value_type>& each : from.queue) key.waiting.add(std::move(each));
    return key;
  }

 private:
  static constexpr std::chrono::nanoseconds tick{1};
  static constexpr bool goes_by_sides = requires { Windows::goes_by_sides; };

  /// The bound for values like this one, which has moved it.
  moment observe(state& key, value_type const& value, moment at, reading const& now) const {
    if constexpr (has_sides)
      return clock_.observe(key.clock, value.index(), at, now);
    else
      return clock_.observe(key.clock, at, now);
  }
  /// What is older is late.
  moment horizon_of(moment bound) const {
    if constexpr (can_correct)
      return moment_minus(bound, corrections_);
    else
      return bound;
  }
  bool is_credible(moment at, reading const& now) const {
    if constexpr (requires { clock_.credible(at, now); })
      return clock_.credible(at, now);
    else
      return true;
  }
  bool is_idle(state const& key) const {
    if constexpr (Ordered)
      if (!key.waiting.empty()) return false;
    return windows_.empty(key.windows);
  }

  template <class Outlet>
  void apply_until(moment bound, state& key, Outlet& outlet) {
    if constexpr (Ordered)
      key.waiting.take_until(bound, [&](queued_value<value_type>&& next) {
        windows_.put(key.windows, next.at, std::move(next.value), next.told, outlet);
      });
  }
  /// Where sides join, a value of the bound's own time may still come on another one, and have to go first.
  template <class Outlet>
  void settle(state& key, moment bound, reading const& now, Outlet& outlet) {
    apply_until(has_sides ? moment_minus(bound, tick) : bound, key, outlet);
    if constexpr (goes_by_sides)
      windows_.close(key.windows, clock_.bounds(key.clock, now), outlet);
    else if (windows_.next_close(key.windows) <= bound) {
      if constexpr (can_correct)
        windows_.close_and_keep(key.windows, bound, outlet);
      else
        windows_.close(key.windows, bound, outlet);
    }
  }

  /// For each window that the value has missed; with `while_open` it goes into those that have not closed. Whether it
  /// has missed any.
  template <class Outlet, class Missed>
  bool miss(state& key, moment at, value_type&& value, moment bound, Outlet& outlet, bool tell_missed, Missed& missed) {
    if constexpr (std::is_copy_constructible_v<value_type>) {
      if constexpr (!Ordered && requires {
                      clock_.takes_while_open();
                      windows_.has_closed(window_id(), bound);
                    }) {
        if (clock_.takes_while_open()) {
          bool any = false;
          windows_.each_of(at, [&](window_id id) {
            if (!windows_.has_closed(id, horizon_of(bound)))
              return windows_.put_in(key.windows, id, value_type(std::as_const(value)), false, outlet, bound);
            any = true;
            if (tell_missed) missed(id, at, late_reason::behind, value_type(std::as_const(value)));
          });
          return any;
        }
      }
    }
    if (tell_missed) tell_missed_windows(at, std::move(value), missed);
    return true;
  }
  /// A value whose time is unknown or is that of no window.
  template <class Missed>
  late_reason miss_unplaced(std::optional<moment> at, value_type&& value, bool tell_missed, Missed& missed) const {
    late_reason const why = !at                      ? late_reason::undated
                            : *at == (moment::min)() ? late_reason::behind
                                                     : late_reason::ahead;
    if (tell_missed) missed(no_window, at.value_or((moment::min)()), why, std::move(value));
    return why;
  }
  template <class Missed>
  void tell_missed_windows(moment at, value_type&& value, Missed& missed) const {
    std::optional<window_id> last;
    windows_.each_of(at, [&](window_id id) {
      if constexpr (std::is_copy_constructible_v<value_type>)
        if (last) missed(*last, at, late_reason::behind, value_type(std::as_const(value)));
      last = id;
    });
    missed(last.value_or(no_window), at, late_reason::behind, std::move(value));
  }

  /// The results of the end take the key apart, so what a continuation begins with is written down before.
  std::unique_ptr<saved> as_the_end_found(state const& key) const {
    byte_buffer bytes;
    output_archive(bytes) & save(key);
    auto found = std::make_unique<saved>();
    input_archive(bytes.bytes()) & *found;
    found->mark_spoken();
    return found;
  }

  template <class Archive>
  void write(Archive& archive, state const& key) const {
    if (key.at_end) {
      archive&* key.at_end;
      return;
    }
    archive & key.clock;
    windows_.save(archive, key.windows);
    if constexpr (Ordered) {
      auto const count = static_cast<std::uint64_t>(key.waiting.size());
      archive & count;
      key.waiting.each([&](queued_value<value_type> const& each) { archive & each; });
    }
  }

  Clock clock_;
  Windows windows_;
  std::chrono::nanoseconds corrections_{0};
};

}  // namespace leat::detail

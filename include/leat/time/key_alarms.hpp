// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/time/alarm_heap.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/moment.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::detail {

template <bool Used>
struct armed_moment {
  moment at = (moment::max)();
};
template <>
struct armed_moment<false> {};
template <bool Used>
struct armed_quiet {
  std::chrono::nanoseconds at = forever;
};
template <>
struct armed_quiet<false> {};

/// There are alarms of a key out for these readings, or earlier ones.
template <readings By>
struct armed_alarms {
  /// Of different types even where none of them is used, or they would need room.
  struct wall_moment : armed_moment<By.wall> {};

  [[no_unique_address]] armed_moment<By.watermark> watermark;
  [[no_unique_address]] armed_quiet<By.quiet> quiet;
  [[no_unique_address]] wall_moment wall;
};

/// When which keys are to be looked at although no value of theirs comes: by the stream's time, by quiet time, by the
/// wall. A key's `armed` says for which readings it has alarms out; one that is put off keeps its alarm, and gets a
/// later one when that has rung. As long as a stream brings no time no alarms are kept for it.
class key_alarms {
 public:
  /// The key is to be looked at once one of these readings has come.
  template <readings By>
  void arm(armed_alarms<By>& armed, due_at const& wanted, std::uint64_t hash) {
    if constexpr (By.watermark)
      if (uses_watermark_ && wanted.watermark < armed.watermark.at) {
        armed.watermark.at = wanted.watermark;
        by_watermark_.add(wanted.watermark.time_since_epoch().count(), hash);
      }
    if constexpr (By.quiet)
      if (uses_quiet_ && wanted.quiet < armed.quiet.at) {
        armed.quiet.at = wanted.quiet;
        by_quiet_.add(wanted.quiet.count(), hash);
      }
    if constexpr (By.wall)
      if (wanted.wall < armed.wall.at) {
        armed.wall.at = wanted.wall;
        by_wall_.add(wanted.wall.time_since_epoch().count(), hash);
      }
  }
  /// What has rung by now is out no more.
  template <readings By>
  static void disarm(armed_alarms<By>& armed, reading const& now) {
    if constexpr (By.watermark)
      if (armed.watermark.at <= now.watermark) armed.watermark = {};
    if constexpr (By.quiet)
      if (armed.quiet.at <= now.quiet) armed.quiet = {};
    if constexpr (By.wall)
      if (armed.wall.at <= now.wall) armed.wall = {};
  }

  /// True when alarms are kept from now on that were not kept before: all keys have to be armed.
  bool begin(reading const& now) {
    bool const watermark = !uses_watermark_ && now.watermark != (moment::min)();
    bool const quiet = !uses_quiet_ && now.quiet != std::chrono::nanoseconds(0);
    uses_watermark_ |= watermark;
    uses_quiet_ |= quiet;
    return watermark || quiet;
  }

  /// Calls `f(hash)` for keys whose alarms are due, at most so many, and before `approach(hash)` for most of them.
  /// False: some are left.
  template <class Approach, class F>
  bool ring(reading const& now, std::size_t& most, Approach&& approach, F&& f) {
    bool rung = by_watermark_.ring(now.watermark.time_since_epoch().count(), most, approach, f);
    rung = by_quiet_.ring(now.quiet.count(), most, approach, f) && rung;
    return by_wall_.ring(now.wall.time_since_epoch().count(), most, approach, f) && rung;
  }
  bool due(reading const& now) {
    return by_watermark_.due(now.watermark.time_since_epoch().count()) || by_quiet_.due(now.quiet.count()) ||
           due_by_wall(now);
  }
  bool due_by_wall(reading const& now) { return by_wall_.due(now.wall.time_since_epoch().count()); }

  bool waits_for_the_wall() const { return by_wall_.size() != 0; }
  moment next_by_wall() { return moment(std::chrono::nanoseconds(by_wall_.next())); }

 private:
  alarm_heap by_watermark_;
  alarm_heap by_quiet_;
  alarm_heap by_wall_;
  bool uses_watermark_ = false;
  bool uses_quiet_ = false;
};

}  // namespace leat::detail

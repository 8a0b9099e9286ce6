// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/time/alarm_heap.hpp>
#include <leat/time/clock.hpp>
#include <leat/time/moment.hpp>

#include <cstddef>
#include <cstdint>

namespace leat::detail {

/// When which keys are to be looked at although no value of theirs comes: by the stream's time, by quiet time, by the
/// wall. A key's `armed` says for which readings it has alarms out; one that is put off keeps its alarm, and gets a
/// later one when that has rung. As long as a stream brings no time no alarms are kept for it.
class key_alarms {
 public:
  /// The key is to be looked at once one of these readings has come.
  void arm(due_at& armed, due_at const& wanted, std::uint64_t hash) {
    if (uses_watermark_ && wanted.watermark < armed.watermark) {
      armed.watermark = wanted.watermark;
      by_watermark_.add(armed.watermark.time_since_epoch().count(), hash);
    }
    if (uses_quiet_ && wanted.quiet < armed.quiet) {
      armed.quiet = wanted.quiet;
      by_quiet_.add(armed.quiet.count(), hash);
    }
    if (wanted.wall < armed.wall) {
      armed.wall = wanted.wall;
      by_wall_.add(armed.wall.time_since_epoch().count(), hash);
    }
  }
  /// What has rung by now is out no more.
  static void disarm(due_at& armed, reading const& now) {
    if (armed.watermark <= now.watermark) armed.watermark = (moment::max)();
    if (armed.quiet <= now.quiet) armed.quiet = forever;
    if (armed.wall <= now.wall) armed.wall = (moment::max)();
  }

  /// True when alarms are kept from now on that were not kept before: all keys have to be armed.
  bool begin(reading const& now) {
    bool const watermark = !uses_watermark_ && now.watermark != (moment::min)();
    bool const quiet = !uses_quiet_ && now.quiet != std::chrono::nanoseconds(0);
    uses_watermark_ |= watermark;
    uses_quiet_ |= quiet;
    return watermark || quiet;
  }

  /// Calls `f(hash)` for keys whose alarms are due, at most so many. False: some are left.
  template <class F>
  bool ring(reading const& now, std::size_t& most, F&& f) {
    bool rung = by_watermark_.ring(now.watermark.time_since_epoch().count(), most, f);
    rung = by_quiet_.ring(now.quiet.count(), most, f) && rung;
    return by_wall_.ring(now.wall.time_since_epoch().count(), most, f) && rung;
  }
  bool due(reading const& now) {
    return by_watermark_.due(now.watermark.time_since_epoch().count()) || by_quiet_.due(now.quiet.count()) ||
           due_by_wall(now);
  }
  bool due_by_wall(reading const& now) { return by_wall_.due(now.wall.time_since_epoch().count()); }

  bool waits_for_the_wall() const { return by_wall_.size() != 0; }
  moment next_by_wall() const { return moment(std::chrono::nanoseconds(by_wall_.next())); }

 private:
  alarm_heap by_watermark_;
  alarm_heap by_quiet_;
  alarm_heap by_wall_;
  bool uses_watermark_ = false;
  bool uses_quiet_ = false;
};

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/saturated_time.hpp>
#include <leat/op/running/lanes.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace leat::detail {

LEAT_COLD std::int64_t source_lanes::add_reader(time_reader const& reader, std::int64_t longest) {
  wanted_ = true;
  if (longest <= 0) return longest;
  constexpr std::int64_t finest = 1'000'000;
  constexpr std::int64_t coarsest = 1'000'000'000;
  std::int64_t const resolution = std::clamp(reader.shortest() / 64, finest, coarsest);
  resolution_ = resolution_ == 0 ? resolution : (std::min)(resolution_, resolution);
  longest_ = (std::max)(longest_, longest);
  return longest;
}

LEAT_COLD lane& source_lanes::add(std::string partition) {
  return lanes_.add(*this, std::move(partition), lanes_.size());
}

LEAT_COLD lane* source_lanes::find(std::string const& partition) const {
  for (lane* const each : lanes_)
    if (each->name == partition) return each;
  return nullptr;
}

LEAT_INLINE void source_lanes::found(lane& of) {
  of.nothing_since = never;
  of.quiet_when_read = of.quiet;
}

LEAT_INLINE bool source_lanes::count(steady_time& since, steady_time now, std::int64_t& quiet) const {
  if (since == never) {
    since = now;
    return false;
  }
  std::int64_t const passed = (now - since).count();
  if (passed <= 0 || (passed < resolution_ && !exact_)) return false;
  quiet += passed;
  since = now;
  return true;
}

LEAT_INLINE bool source_lanes::end_turn(steady_time now, bool room) {
  bool all_quiet = !lanes_.empty();
  for (lane* const each : lanes_) {
    if (each->ending && !each->ended && room) {
      each->ended = true;
      ++version_;
    }
    all_quiet = all_quiet && (each->ending || each->nothing_since != never);
  }
  if (!all_quiet) all_quiet_since_ = never;
  return all_quiet && count(all_quiet_since_, now, quiet_);
}

LEAT_INLINE stream_time source_lanes::known() const {
  if (lanes_.empty()) return {stream_time::nothing_known, stream_time::never_read, true};
  return {stream_time::nothing_known, quiet_, false};
}

LEAT_INLINE std::int64_t source_lanes::until_next_tick(lane const& of) const {
  // What is open further ahead than a window may wait for it, a record of the future's, is looked for more and more
  // seldom.
  constexpr std::int64_t one_day = 86'400'000'000'000;
  std::int64_t const stretch = of.quiet - of.quiet_when_read;
  if (stretch < longest_) return resolution_;
  if (stretch - longest_ > one_day) return 0;
  return (std::max)(resolution_, stretch / 16);
}

LEAT_INLINE steady_time source_lanes::wake_at() const {
  steady_time first = never;
  if (resolution_ == 0) return first;
  for (lane const* const each : lanes_) {
    if (each->ending || each->nothing_since == never) continue;
    if (std::int64_t const wait = until_next_tick(*each); wait != 0)
      first = (std::min)(first, saturated_sum(each->nothing_since, std::chrono::nanoseconds(wait)));
  }
  return first;
}

}  // namespace leat::detail

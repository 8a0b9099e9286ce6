// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/time/zone_table.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace leat::detail {

LEAT_INLINE zone_table::zone_table(std::chrono::seconds first, std::vector<offset_change> const& changes)
    : begins_{(std::chrono::sys_seconds::min)()}, offsets_{first} {
  for (offset_change const& change : changes) {
    if (change.offset == offsets_.back()) continue;  // only a name changes
    begins_.push_back(change.at);
    offsets_.push_back(change.offset);
  }
  auto latest = (std::chrono::local_seconds::min)();
  for (std::size_t i = 0; i + 1 != begins_.size(); ++i) {
    latest = (std::max)(latest, std::chrono::local_seconds((begins_[i + 1] + offsets_[i]).time_since_epoch()));
    passed_.push_back(latest);
  }
  passed_.push_back((std::chrono::local_seconds::max)());
}

LEAT_INLINE std::chrono::seconds zone_table::offset_at(std::chrono::sys_seconds instant) const {
  auto const next = std::upper_bound(begins_.begin() + 1, begins_.end(), instant);
  return offsets_[static_cast<std::size_t>(next - begins_.begin()) - 1];
}

LEAT_INLINE std::chrono::sys_seconds zone_table::first_at(std::chrono::local_seconds time) const {
  // No clock is a week ahead: nothing overflows.
  constexpr std::chrono::local_seconds end((std::chrono::seconds::max)() - std::chrono::weeks(1));
  time = std::clamp(time, std::chrono::local_seconds(-end.time_since_epoch()), end);
  auto const found = std::upper_bound(passed_.begin(), passed_.end() - 1, time);
  auto const stretch = static_cast<std::size_t>(found - passed_.begin());
  return (std::max)(begins_[stretch], std::chrono::sys_seconds(time.time_since_epoch() - offsets_[stretch]));
}

LEAT_INLINE std::uint64_t zone_table::hash() const {
  std::string bytes;
  auto const append = [&bytes](std::int64_t number) {
    for (int shift = 0; shift != 64; shift += 8)
      bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xff));
  };
  for (std::size_t i = 0; i != begins_.size(); ++i) {
    append(begins_[i].time_since_epoch().count());
    append(offsets_[i].count());
  }
  return hash_of_bytes(bytes.data(), bytes.size());
}

}  // namespace leat::detail

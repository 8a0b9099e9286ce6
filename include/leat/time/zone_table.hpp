// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace leat::detail {

/// From this instant on the clocks of a zone are so far ahead of UTC, until the next change.
struct offset_change {
  std::chrono::sys_seconds at;
  std::chrono::seconds offset;
};

/// What the clocks of a place show at any time, as one sorted table: each look-up is one binary search.
class zone_table {
 public:
  /// `changes` are in the order of time. `first` holds before the first of them.
  zone_table(std::chrono::seconds first, std::vector<offset_change> const& changes);

  /// How far the clocks are ahead of UTC then.
  std::chrono::seconds offset_at(std::chrono::sys_seconds instant) const;

  /// The first instant at which the clocks show this time or a later one. Of a time that they leap over it is the
  /// instant of the leap; of a time that they show twice, the earlier.
  std::chrono::sys_seconds first_at(std::chrono::local_seconds time) const;

  /// The same for tables that say the same, on every machine.
  std::uint64_t hash() const;

 private:
  // One entry for each stretch of one offset. The first stretch begins with time.
  std::vector<std::chrono::sys_seconds> begins_;
  std::vector<std::chrono::seconds> offsets_;
  std::vector<std::chrono::local_seconds> passed_;  ///< the clocks have shown all earlier times when the stretch ends
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/zone_table.ipp>
#endif

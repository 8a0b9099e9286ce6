// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <limits>

namespace leat::detail {

/// The event time of a stream. It stands beside marks and is none: a mark is exact, aligned and waited for; a time is a
/// lower bound that rides along with the records. A later one takes the place of an earlier one, and one that comes
/// late only promises less. It never overtakes a record.
struct stream_time {
  static constexpr std::int64_t nothing_known = (std::numeric_limits<std::int64_t>::min)();
  /// The quiet time of an input that nothing is read from: the others do not wait for it.
  static constexpr std::int64_t never_read = -1;

  /// Nanoseconds since 1970: no record that comes later is older, but for those that are late where they were dated.
  std::int64_t watermark = nothing_known;
  /// Nanoseconds since the start, by the wall, for which the sources had nothing to read; or `never_read`.
  std::int64_t quiet = 0;
  /// No source of the stream is active: the times of other streams do not wait for this one.
  bool idle = false;

  bool says_something() const { return watermark != nothing_known || quiet != 0 || idle; }
  friend bool operator==(stream_time const&, stream_time const&) = default;
};

}  // namespace leat::detail

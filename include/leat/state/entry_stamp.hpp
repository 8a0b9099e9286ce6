// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace leat::detail {

/// What is known of an entry, as bits. Changes are dated by two generations, which take turns: a barrier ends one.
struct entry_stamp {
  static constexpr std::uint32_t empty = 0;
  static constexpr std::uint32_t stored = 1;       ///< snapshots have the key, or will once the open sweep is over
  static constexpr std::uint32_t generations = 6;  ///< one bit for each; neither: unchanged since it was swept
  static constexpr std::uint32_t dead = 8;         ///< forgotten, and the next sweep has to say so
  static constexpr std::uint32_t gone = 16;        ///< forgotten; key and state still have to be destroyed
};

/// Some of the values that a stamp can have, a bit for each.
using stamp_set = std::uint32_t;

template <class Holds>
constexpr stamp_set stamps_where(Holds&& holds) {
  stamp_set result = 0;
  for (std::uint32_t stamp = 0; stamp != 32; ++stamp)
    if (holds(stamp)) result |= 1u << stamp;
  return result;
}

/// Those that have one of these bits.
constexpr stamp_set stamps_with(std::uint32_t bits) {
  return stamps_where([bits](std::uint32_t stamp) { return (stamp & bits) != 0; });
}
/// Of live keys.
inline constexpr stamp_set live_stamps =
    stamps_where([](std::uint32_t stamp) { return stamp != entry_stamp::empty && stamp < entry_stamp::dead; });
/// Of keys that are live, or of which snapshots have still to hear that they are not.
inline constexpr stamp_set kept_stamps =
    stamps_where([](std::uint32_t stamp) { return stamp != entry_stamp::empty && stamp != entry_stamp::gone; });

}  // namespace leat::detail

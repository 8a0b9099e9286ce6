// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace leat::detail {

/// The frames that travel between processes that have met, of all services of the peers. A number is never used again.
enum class frame_type : std::uint8_t {
  message = 1,     ///< records, the time of the stream at their end, a mark that follows: any of them (`channels`)
  credit = 2,      ///< `count` bytes and `messages` messages of a channel have been used (`channels`)
  partitions = 3,  ///< what partitions the sender can open, once, before any message (`control`)
  stop = 4,        ///< the run is to end in order (`control`)
  failure = 5,     ///< the run has failed; nothing follows (`control`)
  goodbye = 6,     ///< the sender has done all its work; nothing follows (`control`)
  heartbeat = 7,   ///< the sender is alive; how many turns each of its workers has begun and ended (`peers` itself)
  recovery = 8,    ///< what the run goes on from, and what is kept of it; in `count`, whether it goes on (`stored_run`)
};

}  // namespace leat::detail

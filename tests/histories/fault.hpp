// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

namespace histories {

/// What befalls the runs of a history.
enum class fault : std::uint8_t {
  killed,          ///< all processes at once, between two turns
  halted,          ///< all processes, in a call of the disk
  failed_call,     ///< EIO or ENOSPC of a call of the disk
  torn,            ///< a piece of a write that was not synced is lost when the power fails
  power,           ///< it fails
  slow_reads,      ///< they are cut short, or come late
  process_killed,  ///< one of several, of which the others hear later
  restarted,       ///< one of several is killed and started again before the others have gone
  cut,             ///< the connection of two processes
  stopped,
  second_copy,  ///< another cluster on the same store at the same time
  clock_jump,   ///< of the wall clock, back or forth
  other_shape,  ///< other processes or workers than the run before
  moved_files,  ///< those of the store, to the directories of other processes
  grown_input,  ///< behind a run that came to its end
  count
};

char const* name_of(fault of);

/// Whether a run may fail with this text when something has befallen it.
bool may_come_of_it(std::string const& error);

}  // namespace histories

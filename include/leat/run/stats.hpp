// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace leat {

/// What a step has done, over the workers of one process. Fused steps are one: what goes into their loop is counted,
/// and what leaves it.
struct step_stats {
  /// A number and what it is of.
  struct figure {
    std::string of;            ///< what is counted
    std::uint64_t number = 0;  ///< how many
  };

  /// Its name below that of the flow; of fused steps all of them, `map_1, filter_2`; empty where records only go to
  /// other workers.
  std::string name;
  std::string kind;                  ///< `map`, `input` ...; of fused steps that of the last one
  std::string sends_to;              ///< the step that keeps state to whose workers the records go; empty: they do not
  std::uint64_t in = 0;              ///< records; none for an input
  std::uint64_t out = 0;             ///< records, those sent to all workers where they are sent; none for an output
  std::uint64_t batches = 0;         ///< in; of an input: out
  bool keeps_state = false;          ///< whether it keeps state by key
  std::uint64_t keys = 0;            ///< that have a state now
  std::uint64_t bytes_read = 0;      ///< of an input's files
  std::uint64_t bytes_in_files = 0;  ///< the sizes of those on this process, of regular files alone
  detail::list<figure> counts;       ///< what else was counted: records that went to its errors ...

  /// Whether it has turns of its own. Otherwise the step with the number `turn_of` calls it for each batch.
  bool has_turns = false;
  std::size_t turn_of = 0;    ///< itself, where it has
  std::uint64_t busy = 0;     ///< nanoseconds in its turns, with all that it calls there, over all workers
  std::uint64_t busiest = 0;  ///< of these the most on one worker
  /// Nanoseconds, over all workers, for which it waited while its worker had nothing to do: for room at the step of
  /// that name; the empty name: for records, or for their time. The longest first.
  detail::list<figure> waits;
};

/// What one process has done of a run, so far or in all.
struct run_stats {
  std::string flow;                ///< its name
  unsigned process = 0;            ///< the number of this process
  unsigned processes = 1;          ///< of the cluster
  unsigned workers = 0;            ///< of this process
  std::uint64_t time = 0;          ///< nanoseconds since its workers began, or from then until the last of them ended
  std::uint64_t epoch = 0;         ///< the oldest that one of its workers is in; 0: they have not begun
  detail::list<step_stats> steps;  ///< in the order of travel

  /// As `--stats` prints it: lines, the last one without its end.
  std::string table() const;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/stats.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace leat::detail {

class codec_versions;
class record_description;
class state_base;
struct state_part;

/// Where a partition was.
struct kept_place {
  std::vector<std::byte> bytes;              ///< of the codec
  codec_versions const* versions = nullptr;  ///< of the program that has written them; null: this one has
};

/// What a process goes on from, and where it leaves what a later run can go on from: the interface of a store. Steps
/// and partitions are known by their names, so that the next run may have other processes and workers. Positions and
/// states are bytes of the codec.
///
/// An epoch is complete once every worker of every process has `closed` it, or a later one, or has `ended`. What was
/// kept of a greater epoch than the greatest complete one is not gone on from: leaving it out is the store's part.
/// Once a complete epoch cannot be lost any more it is decided, and the store has it told (`execution::commit`).
///
/// All workers of the process call it, each on its own thread, also at the same time. An exception ends the run.
class recovery {
 public:
  virtual ~recovery() = default;

  // Before the first record:

  /// The epoch that the run begins with: one more than the epoch it goes on from, 1 if there is none.
  virtual std::uint64_t first_epoch() const = 0;
  /// A number by which this run is told from all others of all stores, copies of this one among them. The same in all
  /// processes; never 0, and below 2^63, since not every database knows greater ones.
  virtual std::uint64_t run_number() const = 0;
  /// The last position that was kept of this partition; none: it is read, or written, from its beginning. `described`
  /// tells what the step's positions are made of, for `record_text`: positions of another make are refused.
  virtual std::optional<kept_place> position_of(std::string const& step, std::string const& partition,
                                                void (*described)(record_description& to)) = 0;
  /// Calls `into.load` with all parts that were kept of the slots that it owns, by slot in the order of their epochs.
  /// `described` tells what a row is made of; null: rows are not saved.
  virtual void load(std::string const& step, state_base& into, void (*described)(record_description& to)) = 0;

  // While it runs:

  /// Where a partition was when the epoch ended. A partition of a source that has ended is heard of once more, then no
  /// more.
  virtual void keep_position(std::string const& step, std::string const& partition, std::uint64_t epoch,
                             std::span<std::byte const> position) = 0;
  /// Rows that belong to the state of an epoch.
  virtual void keep_state(std::string const& step, state_part const& part) = 0;
  /// A state is about to close an epoch: slots whose rows are to be written in full may be asked of it (`want_full`).
  virtual void before_barrier(std::string const& step, state_base& of) {
    (void)step;
    (void)of;
  }
  /// The worker has kept all that it has to keep of this epoch and those before, and its sinks have what came to them.
  virtual void closed(unsigned worker, std::uint64_t epoch) = 0;
  /// The same of all its epochs: it has come to its end, in this one.
  virtual void ended(unsigned worker, std::uint64_t last_epoch) = 0;
  /// All workers of all processes have ended, and their last epoch is decided. A worker stays until then, so that its
  /// sinks hear of it.
  virtual bool finished() const = 0;

  /// So many epochs may be closed and not be decided. Then an epoch lasts until an earlier one is.
  virtual std::uint64_t most_undecided() const { return 4; }

  /// How many entries of a state are looked at in one turn of a worker, to be written down: the time that takes, about
  /// a millisecond, is the longest that a sweep holds records up. With fewer a sweep would last longer, and rows that
  /// change meanwhile are copied, which costs more than to write them.
  virtual std::size_t entries_per_turn() const { return 262144; }
};

/// Of a step on one worker: what it has to write down after a barrier, in slices, between the turns of the stages.
class snapshot_writer {
 public:
  /// True if there was something to write.
  virtual bool write_some() = 0;
  /// The last epoch of which all is written; the greatest number, once no epoch is to come.
  virtual std::uint64_t written() const = 0;

 protected:
  ~snapshot_writer() = default;
};

/// Of a sink on one worker: hears which epochs no restart will repeat.
class commit_listener {
 public:
  virtual void committed(std::uint64_t epoch) = 0;

 protected:
  ~commit_listener() = default;
};

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/source_partition.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace leat {

/// What one partition of a sink was given in one epoch of one run: no other epoch, of no other run, has the same. A
/// sink that writes it in one transaction with the records can ask the database, after a restart, whether these records
/// are there already.
struct epoch_token {
  epoch_token() = default;
  /// Of an epoch of this run, as a sink's partition is told of it by `prepare`. The services are those that the
  /// partition was built with, on their worker's thread.
  epoch_token(step_services const& services, std::string name_of_partition, std::uint64_t number_of_epoch)
      : flow(services.step().substr(0, services.step().find('.'))),
        step(services.step()),
        partition(std::move(name_of_partition)),
        execution(services.execution()),
        epoch(number_of_epoch) {}

  std::string flow;       ///< its name
  std::string step;       ///< its full name, `flow.step`
  std::string partition;  ///< of the sink
  /// Drawn for each run, below 2^63. An epoch's number says nothing without it: a run that goes on from an older copy
  /// of the store has epochs of the same numbers with other records.
  std::uint64_t execution = 0;
  std::uint64_t epoch = 0;  ///< its number

  /// Whether these are the same records.
  friend bool operator==(epoch_token const&, epoch_token const&) = default;

  /// A token can be kept in the sink's position.
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & flow & step & partition & execution & epoch;
  }
};

}  // namespace leat

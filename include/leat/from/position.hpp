// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/codec/codec.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

/// Where a partition of a source or a sink begins, and where it has got to.
namespace leat {

/// The `position` of a source or a sink whose partitions cannot go on from where they were: after a restart they begin
/// anew. They need no `snapshot`.
struct no_position {
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

namespace detail {

template <class Partition, class Position>
concept tells_position = std::same_as<Position, no_position> || requires(Partition const& partition) {
  { partition.snapshot() } -> std::convertible_to<Position>;
};

/// Where this partition begins, by what a test says or a run before has kept; none: at its beginning.
template <class Position>
std::optional<Position> resume_of(shared_by_workers const& process, step_info const& step,
                                  std::string const& partition) {
  if constexpr (std::same_as<Position, no_position>) {
    return std::nullopt;
  } else {
    if (process.test != nullptr)
      if (std::optional<Position> given = process.test->position_of<Position>(step, partition)) return given;
    if (process.recovers == nullptr) return std::nullopt;
    std::optional<std::vector<std::byte>> const kept = process.recovers->position_of(step.name, partition);
    return kept ? std::optional<Position>(decode<Position>(*kept)) : std::nullopt;
  }
}

/// Keeps where a partition was at the end of an epoch.
template <class Position>
void keep_position(recovery& in, std::string const& step, std::string const& partition, std::uint64_t epoch,
                   Position const& position) {
  byte_buffer bytes;
  encode(position, bytes);
  in.keep_position(step, partition, epoch, bytes);
}

}  // namespace detail
}  // namespace leat

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/describing_archive.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

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

/// Where the recovery of the process says that this partition begins, as the codec's bytes, and by which versions they
/// were written, as `kept_place` has it. False: at its beginning.
bool find_position(shared_by_workers const& process, std::string const& step, std::string const& partition,
                   void (*described)(record_description& to), byte_buffer& bytes, codec_versions const*& versions);

/// Where this partition begins, by what a test says or a run before has kept; none: at its beginning.
template <class Position>
std::optional<Position> resume_of(shared_by_workers const& process, step_info const& step,
                                  std::string const& partition) {
  if constexpr (std::same_as<Position, no_position>) {
    return std::nullopt;
  } else {
    if (process.test != nullptr)
      if (std::optional<Position> given = process.test->position_of<Position>(step, partition)) return given;
    byte_buffer bytes;
    codec_versions const* versions = nullptr;
    if (!find_position(process, step.name, partition, &describe_kept<Position>, bytes, versions)) return std::nullopt;
    return decode_kept<Position>(bytes.bytes(), versions);
  }
}

template <class Position>
byte_buffer encoded_position(Position const& position) {
  byte_buffer bytes;
  encode(position, bytes);
  return bytes;
}

/// Where partitions of one step ended, until the epoch in which they did is closed.
class ended_positions {
 public:
  ended_positions();
  ended_positions(ended_positions const&) = delete;
  ended_positions& operator=(ended_positions const&) = delete;
  ~ended_positions();

  void add(std::string const& partition, byte_buffer position);
  /// Keeps them as of this epoch, and forgets them.
  void keep(recovery& in, std::string const& step, std::uint64_t epoch);

 private:
  struct ended {
    std::string partition;
    byte_buffer position;
  };

  list<ended> ended_;
};

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/from/position.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/from/position.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE bool find_position(shared_by_workers const& process, std::string const& step, std::string const& partition,
                               void (*described)(record_description& to), byte_buffer& bytes,
                               codec_versions const*& versions) {
  if (process.recovers == nullptr) return false;
  std::optional<kept_place> const kept = process.recovers->position_of(step, partition, described);
  if (!kept) return false;
  bytes.append(kept->bytes.data(), kept->bytes.size());
  versions = kept->versions;
  return true;
}

LEAT_INLINE ended_positions::ended_positions() = default;
LEAT_INLINE ended_positions::~ended_positions() = default;

LEAT_INLINE void ended_positions::add(std::string const& partition, byte_buffer position) {
  ended_.push_back({partition, std::move(position)});
}

LEAT_INLINE void ended_positions::keep(recovery& in, std::string const& step, std::uint64_t epoch) {
  for (ended const& each : ended_) in.keep_position(step, each.partition, epoch, each.position.bytes());
  ended_.clear();
}

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace leat::detail {

/// For a step that goes by the time of its stream. Throws flow_error unless its records pass a step that dates them, on
/// all ways on which they come to this place.
[[gnu::cold]] void refuse_undated(graph const& in, port from, std::string_view kind, step_name const& name);
/// Why a step gives no corrections, although windows of the kinds that leat has could.
enum class obstacle_to_corrections : std::uint8_t {
  none,
  order,       ///< its values are applied in order
  own_state,   ///< its windower has a state of its own
  sides,       ///< it joins
  no_windows,  ///< it has none
};
/// Throws the flow_error of a step whose own clock takes corrections, which the step cannot give.
[[gnu::cold]] void refuse_corrections(std::string_view kind, step_name const& name, obstacle_to_corrections why);
/// The same where what has dated its stream takes corrections. Joins and steps without windows have late values then.
[[gnu::cold]] void refuse_corrections_before(worker_builder& worker, node const& described,
                                             obstacle_to_corrections why);
/// For how long windows of this node take values after their close: as long as its clock says, or, of one that goes by
/// the stream, as the steps say that have dated it. Throws flow_error if a clock of its own takes fewer than those.
[[gnu::cold]] std::chrono::nanoseconds corrections_of(worker_builder& worker, node const& described,
                                                      std::optional<std::chrono::nanoseconds> own);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/dated_before.ipp>
#endif

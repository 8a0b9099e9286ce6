// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstdint>
#include <string_view>

namespace leat::detail {

/// For a step that goes by the time of its stream. Throws flow_error unless its records pass a step that dates them, on
/// all ways on which they come to this place.
[[gnu::cold]] void refuse_undated(graph const& in, port from, std::string_view kind, step_name const& name);
/// For how long windows of this node take records after their close, by the steps that have dated its stream.
std::int64_t corrections_before(worker_builder& worker, node const& described);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/dated_before.ipp>
#endif

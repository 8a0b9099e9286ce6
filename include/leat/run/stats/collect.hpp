// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/stats.hpp>

namespace leat::detail {

/// What this process has done so far. Any thread, as long as the execution lives.
run_stats stats_of(execution& run, graph const& flow);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/stats/collect.ipp>
#endif

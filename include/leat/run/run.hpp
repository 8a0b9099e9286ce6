// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/run/options.hpp>

namespace leat {

/// Runs the flow on this process's threads until every source has ended and every sink has flushed, or a stop was
/// asked for. Called on any thread, and by several at once with the same flow or others. Throws flow_error when the
/// flow cannot be run, run_error when a function of the user's, a source or a sink failed, cluster_error when the
/// processes of a cluster do not come or stay together.
///
/// True: it has ended. False: it was stopped before, and there may be input that nobody has read. In a cluster all
/// processes say the same; they say false also where they were stopped when only what had been read was left to do.
bool run(flow const& flow, options options = {});

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/run.ipp>
#endif

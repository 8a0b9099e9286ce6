// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/cli/settings.hpp>

namespace leat::detail {

/// The first of these variables that is set, or null.
char const* first_of(char const* ours, char const* bytewax);

/// In a StatefulSet of Kubernetes the name of a pod is that of the set, a dash, and the number of the process.
[[gnu::cold]] void take_process_from_pod(settings& all);

/// A line for each process.
[[gnu::cold]] void take_addresses_from_file(settings& all);

/// Files that cannot serve are found out before anything else begins.
[[gnu::cold]] void check_tls(options const& how);

/// Whether this program has a network for what is asked of it, and can find the others at their addresses. `own_link`: it
/// brings its own, which has addresses of any kind.
[[gnu::cold]] void check_network(settings const& all, options const& how, bool own_link);

/// Of two that say where the addresses are the stronger one counts: flags, then LEAT_*, then Bytewax's.
[[gnu::cold]] void choose_addresses(settings& all);

/// Whether anything says that this is a process of a cluster.
[[gnu::cold]] bool is_of_cluster(settings const& all);

/// What flags and variables leave open, and whether what they say belongs together.
[[gnu::cold]] void settle_cluster(settings& all);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/cluster_settings.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/run/cli/settings.hpp>

namespace leat::detail {

/// The value of the first of these variables that is set, or null.
char const* first_of(char const* ours, char const* bytewax);

/// The number of a pod in a StatefulSet of Kubernetes: its name is that of the set, a dash, and the number.
[[gnu::cold]] void take_process_from_pod(settings& settings);

/// The addresses in a host file, which has one on each line.
[[gnu::cold]] void take_addresses_from_file(settings& settings);

/// Refuses files of TLS that cannot serve, before anything else begins.
[[gnu::cold]] void check_tls(options const& options);

/// Refuses settings for which this program has no network, and addresses at which it cannot find the others. With
/// `own_link` the program brings a network of its own, whose addresses may be of any kind.
[[gnu::cold]] void check_network(settings const& settings, options const& options, bool own_link);

/// Chooses where the addresses come from: a flag beats LEAT_*, which beats Bytewax's variables.
[[gnu::cold]] void choose_addresses(settings& settings);

/// Whether any flag or variable says that this is a process of a cluster.
[[gnu::cold]] bool is_of_cluster(settings const& settings);

/// Fills in what flags and variables leave open, and refuses what does not belong together.
[[gnu::cold]] void settle_cluster(settings& settings);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/cluster_settings.ipp>
#endif

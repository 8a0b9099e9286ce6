// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/detail/needs.hpp>  // IWYU pragma: keep
#ifndef LEAT_REFUSED

#include <leat/route/formation/cluster_formation.hpp>
#include <leat/run/cli/rendezvous.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/options.hpp>
#include <leat/run/session.hpp>

#include <cstdint>
#include <memory>
#include <string>

/// A program that includes this header can be run as several processes, over a network that it makes itself
/// (`options::link`). `leat/run/tcp.hpp` includes it.
namespace leat::detail {

/// `random` gives 64 random bits; `log` is given lines for the person who waits.
std::unique_ptr<cluster_formation> meet_cluster(graph const& flow, options const& options, network& through,
                                                std::function<std::uint64_t()> random,
                                                std::function<void(std::string const&)> log);

std::unique_ptr<session> join_cluster(execution& run, std::shared_ptr<network> through);

int run_local_cluster(local_processes const& asked);

/// Hidden, as in tcp.hpp and tls.hpp: where several shared objects have functions of leat's of their own, each
/// registers with those.
[[gnu::visibility("hidden")]] inline bool support_clusters() {
  support_of_clusters().join = &join_cluster;
  support_of_clusters().rendezvous = &rendezvous;
  support_of_clusters().run_local = &run_local_cluster;
  return true;
}
[[gnu::visibility("hidden")]] inline bool const clusters_are_supported = support_clusters();

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cluster.ipp>
#endif
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/graph.hpp>
#include <leat/op/running/worker_builder.hpp>
#include <leat/op/running/worker_services.hpp>
#include <leat/route/control/partition_lists.hpp>

#include <vector>

namespace leat::detail {

/// Shares the partitions of a flow's sources and sinks out among all workers. Every process comes to the same result,
/// because it is made from the same lists by the same rule (`assign_partitions`).
class partition_assignment {
 public:
  /// Errors name the worker behind `services`.
  partition_assignment(graph const& flow, worker_services& services, unsigned workers_of_each, bool alone)
      : flow_(flow), services_(services), workers_(workers_of_each), alone_(alone) {}

  /// The partitions that this process can open, and what hinders it from opening some. Throws run_error for a source
  /// that cannot be listed, or for such a partition where there is no other process.
  partition_lists list(test_overrides* test) const;

  /// Of the lists of all processes, by their numbers: writes down who has what. Throws run_error for a step without
  /// partitions, and for a partition that its owner cannot open: in all processes, before any has opened anything.
  void assign(std::vector<partition_lists const*> const& of_processes, partition_owners& owners) const;

 private:
  void refuse_obstacles(std::vector<partition_lists const*> const& of_processes, std::uint32_t id,
                        owned_partitions const& owned) const;

  graph const& flow_;
  worker_services& services_;
  unsigned workers_;
  bool alone_;  ///< there is one process
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/partition_assignment.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/route/partitions.hpp>
#include <leat/run/partition_assignment.hpp>
#include <leat/run/used_files.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// In the lists that processes share: what hinders the one from opening partitions of this step, as pairs of a
/// partition and a sentence.
inline constexpr std::uint32_t obstacles_of = 0x80000000u;

LEAT_COLD partition_lists partition_assignment::list(test_overrides* test) const {
  partition_lists result;
  file_system& files = services_.files();
  used_files used;
  for (auto const& described : flow_.nodes()) {
    if (test != nullptr && test->replaces(described->step())) continue;
    step_context step(described->step(), services_);
    step.epoch = step_context::before_the_first;
    auto const id = static_cast<std::uint32_t>(described->id);
    guarded(step, [&] {
      if (!described->has_partitions()) {
        described->check_part({}, files);
        used.add(*described, {}, files);
        return;
      }
      std::vector<std::string> parts = described->list_parts(files);
      std::vector<std::string> obstacles;
      for (std::string const& part : parts) {
        used.add(*described, part, files);
        std::string reason = obstacle_to(*described, part, files);
        if (reason.empty()) continue;
        if (alone_) throw std::runtime_error(reason);
        obstacles.push_back(part);
        obstacles.push_back(std::move(reason));
      }
      result.emplace_back(id, std::move(parts));
      if (!obstacles.empty()) result.emplace_back(id | obstacles_of, std::move(obstacles));
    });
  }
  used.refuse_conflicts(services_);
  return result;
}

LEAT_COLD void partition_assignment::assign(std::vector<partition_lists const*> const& of_processes,
                                            partition_owners& owners) const {
  // Every process lists the same steps.
  for (auto const& [id, unused] : *of_processes[services_.index() / workers_]) {
    if ((id & obstacles_of) != 0) continue;
    step_context step(flow_.nodes()[id]->step(), services_);
    step.epoch = step_context::before_the_first;
    std::vector<std::vector<std::string>> offered;
    for (partition_lists const* const lists : of_processes) {
      std::vector<std::string> of_process;
      for (auto const& [other_id, names] : *lists)
        if (other_id == id) of_process = names;
      offered.insert(offered.end(), workers_, of_process);
    }
    guarded(step, [&] {
      owners[step.name] = assign_partitions(offered);
      if (owners[step.name].empty()) throw flow_error("it has no partitions");
      refuse_obstacles(of_processes, id, owners[step.name]);
    });
  }
}

LEAT_COLD void partition_assignment::refuse_obstacles(std::vector<partition_lists const*> const& of_processes,
                                                      std::uint32_t id, owned_partitions const& owned) const {
  for (unsigned process = 0; process != of_processes.size(); ++process)
    for (auto const& [of, pairs] : *of_processes[process])
      for (std::size_t i = 0; of == (id | obstacles_of) && i + 1 < pairs.size(); i += 2)
        for (auto const& [part, owner] : owned)
          if (part == pairs[i] && owner / workers_ == process) throw std::runtime_error(pairs[i + 1]);
}

}  // namespace leat::detail

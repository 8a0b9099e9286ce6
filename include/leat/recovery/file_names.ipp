// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/file_names.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/route/control/partition_lists.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

[[gnu::cold]] inline std::string beginning_of_refusal(step_info const& step, std::string const& partition) {
  return concat({"step \"", step.name, "\" (", place_of(step.location), "): the file \"", partition, "\" "});
}

inline bool is_listed(std::vector<partition_lists const*> const& of_processes, node const& described,
                      std::string const& partition) {
  for (partition_lists const* const lists : of_processes)
    for (auto const& [id, names] : *lists)
      if (id == described.id && std::find(names.begin(), names.end(), partition) != names.end()) return true;
  return false;
}

LEAT_INLINE void file_names::begin(graph const& flow, std::vector<partition_lists const*> const& of_processes,
                                   unsigned process, positions_by_partition const& kept, file_system& files) {
  for (auto const& [id, names] : *of_processes[process]) {
    if (id >= flow.nodes().size()) continue;  // what else processes tell each other in these lists
    node const& described = *flow.nodes()[id];
    step_info const& step = described.step();
    for (std::string const& name : names) {
      if (name == "-" || described.file_of(name) != name) continue;
      std::string const& place = places_[{step.name, name}] = files.place(name);
      if (kept.contains({step.name, name})) continue;
      for (auto at = kept.lower_bound({step.name, ""}); at != kept.end() && at->first.first == step.name; ++at) {
        std::string const& earlier = at->first.second;
        if (is_listed(of_processes, described, earlier)) continue;
        if (!place.empty() && at->second.place == place)
          throw std::runtime_error(concat({beginning_of_refusal(step, name), "was given as \"", earlier,
                                           "\" in earlier runs: a file is known by its path, so give it in that way"}));
        if (described.writes_files() && files.facts(name, file_use::write).size != 0)
          throw std::runtime_error(
              concat({beginning_of_refusal(step, name), "is not empty, and would be overwritten: earlier runs wrote \"",
                      earlier, "\"; give that path, or, to go on in an empty file, remove this one"}));
      }
    }
  }
}

LEAT_INLINE std::string const& file_names::place_of(std::string const& step, std::string const& partition) const {
  static std::string const none;
  auto const found = places_.find({step, partition});
  return found == places_.end() ? none : found->second;
}

}  // namespace leat::detail

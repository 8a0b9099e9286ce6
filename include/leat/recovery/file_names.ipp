// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/file_range.hpp>
#include <leat/op/running/file_system.hpp>
#include <leat/recovery/file_names.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/route/control/partition_lists.hpp>

#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::detail {

[[gnu::cold]] inline std::string beginning_of_refusal(step_info const& step, std::string const& partition) {
  return concat({"step \"", step.name, "\" (", place_of(step.location), "): the file \"", partition, "\" "});
}

/// Partitions of a step that an earlier run has kept, and that no process lists now.
using gone_partitions = std::vector<kept_position const*>;

[[gnu::cold]] inline gone_partitions gone_from(std::vector<partition_lists const*> const& of_processes,
                                               node const& described, positions_by_partition const& kept) {
  std::set<std::string_view> listed;
  for (partition_lists const* const lists : of_processes)
    for (auto const& [id, names] : *lists)
      if (id == described.id) listed.insert(names.begin(), names.end());
  gone_partitions gone;
  std::string const& step = described.step().name;
  for (auto at = kept.lower_bound({step, ""}); at != kept.end() && at->first.first == step; ++at)
    if (!listed.contains(at->first.second)) gone.push_back(&at->second);
  return gone;
}

LEAT_INLINE void file_names::begin(graph const& flow, std::vector<partition_lists const*> const& of_processes,
                                   unsigned process, positions_by_partition const& kept, file_system& files) {
  for (auto const& [id, names] : *of_processes[process]) {
    if (id >= flow.nodes().size()) continue;  // what else processes tell each other in these lists
    node const& described = *flow.nodes()[id];
    step_info const& step = described.step();
    gone_partitions const gone = gone_from(of_processes, described, kept);
    std::map<std::string, kept_position const*> gone_by_file;
    for (kept_position const* const each : gone) gone_by_file[file_of_name(each->partition)] = each;
    auto const refuse_other_name = [&](std::string const& name, std::string const& earlier) {
      bool const of_ranges = file_of_name(name) != name || file_of_name(earlier) != earlier;
      throw std::runtime_error(concat({beginning_of_refusal(step, name), "was given as \"", earlier,
                                       "\" in earlier runs: a file is known by its path",
                                       of_ranges ? " and its ranges" : "", ", so give it in that way"}));
    };
    for (std::string const& name : names) {
      std::string const file = file_of_name(name);
      bool const is_path = name != "-" && described.file_of(name) == file;
      if (is_path) places_[{step.name, name}] = files.place(file);
      if (kept.contains({step.name, name})) continue;
      if (auto const found = gone_by_file.find(file); found != gone_by_file.end() && !described.writes_files())
        refuse_other_name(name, found->second->partition);
      if (!is_path) continue;
      std::string const& place = place_of(step.name, name);
      for (kept_position const* const each : gone) {
        if (!place.empty() && each->place == place) refuse_other_name(name, each->partition);
        if (described.writes_files() && files.facts(name, file_use::write).size != 0)
          throw std::runtime_error(
              concat({beginning_of_refusal(step, name), "is not empty, and would be overwritten: earlier runs wrote \"",
                      each->partition, "\"; give that path, or, to go on in an empty file, remove this one"}));
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

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/list.hpp>
#include <leat/detail/sort_names.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/lanes.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace leat::detail {

LEAT_COLD owned_partitions& partition_owners::operator[](std::string const& step) {
  for (of_step& known : steps_)
    if (known.name == step) return known.owned;
  return steps_.emplace_back(step).owned;
}

LEAT_COLD void worker_builder::clear() {
  counters.close();
  stages.clear();
  sources.clear();
  outboxes.clear();
  snapshots.clear();
  commits.clear();
  steps_.clear();
}

LEAT_COLD void worker_builder::make_room_for_part() { steps_.make_room(); }
LEAT_COLD void worker_builder::keep(running_step& built) { steps_.take(&built); }
LEAT_COLD void worker_builder::visit(stage& built) { stages.push_back(&built); }
LEAT_COLD void worker_builder::visit_as_source(source_stage& built) { sources.push_back(&built); }

LEAT_COLD void worker_builder::provide_at(port port, void* outlet) { outlets_.emplace_back(port, outlet); }

LEAT_COLD void* worker_builder::outlet_at(port port) {
  std::size_t i = outlets_.size() - 1;
  while (outlets_[i].at.node != port.node || outlets_[i].at.index != port.index) --i;
  return outlets_[i].outlet;
}

LEAT_COLD void worker_builder::make_time(node const& described, time_origin& origin) {
  origins_.push_back({&described, &origin});
}

LEAT_COLD void worker_builder::make_time(node const& described, source_lanes& of_source) {
  if (process_.test != nullptr && process_.test->time_stands_still) of_source.count_all();
  make_time(described, static_cast<time_origin&>(of_source));
}

LEAT_COLD time_origin* worker_builder::origin_of(node const& described) const {
  for (made_time const& each : origins_)
    if (each.of == &described) return each.origin;
  return nullptr;
}

LEAT_COLD bool worker_builder::reads_whole_time(node const& described) const {
  list<node const*> seen;
  return !reads_part_of_time(described, seen);
}

LEAT_COLD bool worker_builder::reads_part_of_time(node const& described, list<node const*>& seen) const {
  for (node const* each : seen)
    if (each == &described) return false;
  seen.push_back(&described);
  if (described.inputs.size() == 0) return true;
  for (port const& from : described.inputs) {
    node const& before = node_at(from);
    if (origin_of(before) != nullptr || (before.routing.empty() && reads_part_of_time(before, seen))) return true;
  }
  return false;
}

LEAT_COLD void worker_builder::read_time(node const& described, time_reader const& reader) {
  list<node const*> told;
  for (port const& from : described.inputs) tell_origins(node_at(from), reader, reader.longest(), told);
}

LEAT_COLD void worker_builder::tell_origins(node const& before, time_reader const& reader, std::int64_t longest,
                                            list<node const*>& told) {
  for (node const* each : told)
    if (each == &before) return;
  told.push_back(&before);
  if (time_origin* const origin = origin_of(before)) longest = origin->add_reader(reader, longest);
  for (port const& from : before.inputs) tell_origins(node_at(from), reader, longest, told);
}

LEAT_COLD shared_object& worker_builder::shared_of(node const& described) {
  while (process_.by_node.size() <= described.id) process_.by_node.emplace_back();
  return process_.by_node[described.id];
}

LEAT_COLD std::vector<std::string> parts_of_worker(worker_builder& worker, node const& described) {
  std::vector<std::string> names;
  for (auto const& [name, owner] : worker.process().owners[described.step().name])
    if (owner == worker.worker().index()) names.push_back(name);
  sort_names(names);
  return names;
}

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/run/cluster_session.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/simulated/link.hpp>
#include <leat/run/simulated/runtime.hpp>
#include <leat/run/simulated/switch.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE simulated_cluster::simulated_cluster(graph const& flow, simulation const& simulation)
    : flow_(flow),
      simulation_(simulation),
      world_(simulation.seed, simulation.longest_turn),
      links_(world_, simulation.network) {
  world_.begin_at(simulation.begins_at);
  if (simulation.disk != nullptr) world_.use(*simulation.disk);
  unsigned const processes = (std::max)(1u, simulation.processes);
  simulation_.forms = simulation.forms && processes > 1;
  if (simulation_.forms && support_of_clusters().join == nullptr)
    throw flow_error(
        "this program cannot simulate how processes come together: it has to #include "
        "<leat/run/cluster.hpp>");
  if (!simulation.heartbeats) simulation_.options.dead_after = (std::chrono::nanoseconds::max)();
  if (simulation_.forms)
    for (unsigned i = 0; i != processes; ++i) simulation_.options.addresses.push_back("process " + std::to_string(i));
  std::vector<connections> ends(processes);
  if (processes > 1 && !simulation_.forms) connect(ends);
  runs_.resize(processes);
  for (unsigned i = 0; i != processes; ++i) processes_.push_back(make(i, std::move(ends[i])));
}

LEAT_INLINE void simulated_cluster::run() {
  begin();
  world_.run_out();
  rethrow();
}

LEAT_INLINE void simulated_cluster::begin() {
  for (auto const& process : processes_) {
    bool const later = simulation_.forms && process != processes_.front();
    std::chrono::nanoseconds const wait =
        later ? world_.draw_delay(simulation_.longest_start) : std::chrono::nanoseconds(0);
    starts_.push_back(wait);
    world_.add(process->runnables(), wait);
  }
}

LEAT_INLINE void simulated_cluster::kill(unsigned index, std::chrono::nanoseconds longest_unnoticed) {
  links_.crash(runs_[index], longest_unnoticed);
  world_.remove(processes_[index]->runnables());
  if (recovered_run* const from = processes_[index]->recovered(); from != nullptr) from->close();
}

LEAT_INLINE void simulated_cluster::restart(unsigned index, std::chrono::nanoseconds longest_unnoticed,
                                            std::chrono::nanoseconds wait) {
  kill(index, longest_unnoticed);
  std::unique_ptr<execution> again = make(index, {});
  killed_.push_back(std::exchange(processes_[index], std::move(again)));
  if (world_.elapsed() < starts_[index]) starts_[index] = world_.elapsed() + wait;
  world_.add(processes_[index]->runnables(), wait);
}

LEAT_INLINE void simulated_cluster::rethrow() {
  for (auto const& process : processes_) process->rethrow();
}

LEAT_INLINE std::unique_ptr<execution> simulated_cluster::make(unsigned index, connections others) {
  options options = simulation_.options;
  options.process = index;
  auto run = std::make_unique<execution>(flow_, options, world_, index, (std::max)(1u, simulation_.processes));
  run->parts().channel_packets = simulation_.channel_packets;
  run->parts().test = simulation_.test;
  run->parts().recovers = simulation_.recovers;
  if (simulation_.recover) run->recover(simulation_.recover(*run));
  runs_[index] = ++runs_made_;
  if (simulation_.forms)
    run->join(support_of_clusters().join(*run, links_.door(runs_[index])));
  else if (!others.empty())
    run->join(std::make_unique<cluster_session>(*run, std::move(others)));
  run->build();
  return run;
}

LEAT_INLINE void simulated_cluster::connect(std::vector<connections>& ends) {
  for (connections& of_process : ends) of_process.resize(ends.size());
  for (std::size_t a = 0; a != ends.size(); ++a)
    for (std::size_t b = a + 1; b != ends.size(); ++b) {
      simulated_link& link = links_.make_link(a + 1, b + 1);  // as `make` numbers the first runs of processes
      ends[a][b] = link.end(0);
      ends[b][a] = link.end(1);
    }
}

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
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
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE simulated_cluster::simulated_cluster(graph const& flow, simulation const& how)
    : flow_(flow), how_(how), world_(how.seed, how.longest_turn), links_(world_, how.network) {
  if (how.disk != nullptr) world_.use(*how.disk);
  unsigned const processes = (std::max)(1u, how.processes);
  how_.forms = how.forms && processes > 1;
  if (how_.forms && support_of_clusters().join == nullptr)
    throw flow_error(
        "this program cannot simulate how processes come together: it has to #include "
        "<leat/run/cluster.hpp>");
  if (!how.heartbeats) how_.each.dead_after = (std::chrono::nanoseconds::max)();
  if (how_.forms)
    for (unsigned i = 0; i != processes; ++i) how_.each.addresses.push_back("process " + std::to_string(i));
  std::vector<connections> ends(processes);
  if (processes > 1 && !how_.forms) connect(ends);
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
    bool const later = how_.forms && process != processes_.front();
    std::chrono::nanoseconds const wait = later ? world_.draw_delay(how_.longest_start) : std::chrono::nanoseconds(0);
    starts_.push_back(wait);
    world_.add(process->runnables(), wait);
  }
}

LEAT_INLINE void simulated_cluster::restart(unsigned index, std::chrono::nanoseconds longest_unnoticed,
                                            std::chrono::nanoseconds wait) {
  links_.crash(runs_[index], longest_unnoticed);
  world_.remove(processes_[index]->runnables());
  killed_.push_back(std::move(processes_[index]));
  if (world_.elapsed() < starts_[index]) starts_[index] = world_.elapsed() + wait;
  processes_[index] = make(index, {});
  world_.add(processes_[index]->runnables(), wait);
}

LEAT_INLINE void simulated_cluster::rethrow() {
  for (auto const& process : processes_) process->rethrow();
}

LEAT_INLINE std::unique_ptr<execution> simulated_cluster::make(unsigned index, connections others) {
  options each = how_.each;
  each.process = index;
  auto made = std::make_unique<execution>(flow_, each, world_, index, (std::max)(1u, how_.processes));
  made->parts().channel_packets = how_.channel_packets;
  made->parts().test = how_.test;
  made->parts().recovers = how_.recovers;
  runs_[index] = ++runs_made_;
  if (how_.forms)
    made->join(support_of_clusters().join(*made, links_.door(runs_[index])));
  else if (!others.empty())
    made->join(std::make_unique<cluster_session>(*made, std::move(others)));
  made->build();
  return made;
}

LEAT_INLINE void simulated_cluster::connect(std::vector<connections>& ends) {
  for (connections& of_process : ends) of_process.resize(ends.size());
  for (std::size_t a = 0; a != ends.size(); ++a)
    for (std::size_t b = a + 1; b != ends.size(); ++b) {
      simulated_link& made = links_.make_link();
      ends[a][b] = made.end(0);
      ends[b][a] = made.end(1);
    }
}

}  // namespace leat::detail

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/stand_in.hpp>
#include <leat/run/build.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/simulated.hpp>
#include <leat/run/simulated_link.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace leat::detail {

struct simulation {
  std::uint64_t seed = 1;
  unsigned processes = 1;
  options each;                       ///< how each process runs the flow
  std::size_t channel_packets = 16;   ///< in flight between two workers, per exchange
  simulated_network network;
  bool heartbeats = false;            ///< they wake the processes, so that none is ever stuck
  std::chrono::nanoseconds longest_turn = std::chrono::microseconds(10);
  stand_ins* test = nullptr;
};

/// A whole cluster on the calling thread: every process is an execution of the same flow object, between every two is
/// a simulated link.
class simulated_cluster {
 public:
  simulated_cluster(graph const& flow, simulation const& how) : world_(how.seed, how.longest_turn) {
    unsigned const processes = std::max(1u, how.processes);
    std::vector<connections> ends(processes);
    if (processes > 1)
      for (connections& of_process : ends) of_process.resize(processes);
    for (unsigned a = 0; a != processes; ++a)
      for (unsigned b = a + 1; b != processes; ++b) {
        links_.push_back(std::make_unique<simulated_link>(world_, how.network));
        ends[a][b] = links_.back()->end(0);
        ends[b][a] = links_.back()->end(1);
      }
    options each = how.each;
    if (!how.heartbeats) each.dead_after = std::chrono::nanoseconds::max();
    for (unsigned i = 0; i != processes; ++i) {
      processes_.push_back(std::make_unique<execution>(flow, each, world_, i, std::move(ends[i])));
      processes_.back()->parts().channel_packets = how.channel_packets;
      processes_.back()->parts().test = how.test;
      processes_.back()->build();
      auto const workers = processes_.back()->workers();
      all_.insert(all_.end(), workers.begin(), workers.end());
    }
  }

  simulated_runtime& world() { return world_; }
  execution& process(unsigned index) { return *processes_[index]; }
  /// The link between two processes, in the order 0-1, 0-2, ..., 1-2, ...
  simulated_link& link(std::size_t index) { return *links_[index]; }

  /// To the end. Throws what the first process that failed failed of, or stuck_error.
  void run() {
    world_.drive(all_);
    rethrow();
  }
  /// Gives the workers to the simulator, to be driven by hand.
  void begin() { world_.add(all_); }
  void rethrow() {
    for (auto const& process : processes_) process->rethrow();
  }

 private:
  simulated_runtime world_;
  std::vector<std::unique_ptr<simulated_link>> links_;
  std::vector<std::unique_ptr<execution>> processes_;
  std::vector<driven*> all_;
};

}  // namespace leat::detail

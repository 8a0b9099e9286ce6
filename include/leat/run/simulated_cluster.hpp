// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/op/stand_in.hpp>
#include <leat/run/build.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/simulated.hpp>
#include <leat/run/simulated_link.hpp>
#include <leat/run/simulated_switch.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

struct simulation {
  std::uint64_t seed = 1;
  unsigned processes = 1;
  options each;                       ///< how each process runs the flow
  std::size_t channel_packets = 16;   ///< in flight between two workers, per exchange
  simulated_network network;
  /// The processes come together by formation, as in production, and each begins up to `longest_start` after the first;
  /// for that the program includes `leat/run/cluster.hpp`. Otherwise they are connected from the beginning.
  bool forms = false;
  std::chrono::nanoseconds longest_start = std::chrono::milliseconds(1);
  bool heartbeats = false;            ///< they wake the processes, so that none is ever stuck
  std::chrono::nanoseconds longest_turn = std::chrono::microseconds(10);
  stand_ins* test = nullptr;
};

/// A whole cluster on the calling thread: every process is an execution of the same flow object, between every two is
/// a simulated link.
class simulated_cluster {
 public:
  simulated_cluster(graph const& flow, simulation const& how)
      : flow_(flow), how_(how), world_(how.seed, how.longest_turn), links_(world_, how.network) {
    unsigned const processes = (std::max)(1u, how.processes);
    how_.forms = how.forms && processes > 1;
    if (how_.forms && support_of_clusters().meet == nullptr)
      throw flow_error("this program cannot simulate how processes come together: it has to #include "
                       "<leat/run/cluster.hpp>");
    if (!how.heartbeats) how_.each.dead_after = (std::chrono::nanoseconds::max)();
    if (how_.forms)
      for (unsigned i = 0; i != processes; ++i) how_.each.addresses.push_back("process " + std::to_string(i));
    std::vector<connections> ends(processes);
    if (processes > 1 && !how_.forms) connect(ends);
    runs_.resize(processes);
    for (unsigned i = 0; i != processes; ++i) processes_.push_back(make(i, std::move(ends[i])));
  }

  simulated_runtime& world() { return world_; }
  execution& process(unsigned index) { return *processes_[index]; }
  simulated_switch& links() { return links_; }
  /// The link between two processes that are connected from the beginning, in the order 0-1, 0-2, ..., 1-2, ...
  simulated_link& link(std::size_t index) { return links_.link(index); }

  /// To the end. Throws what the first process that failed failed of, or stuck_error.
  void run() {
    begin();
    world_.run_out();
    rethrow();
  }
  /// Gives the workers to the simulator, to be driven by hand.
  void begin() {
    for (auto const& process : processes_) {
      bool const later = how_.forms && process != processes_.front();
      std::chrono::nanoseconds const wait = later ? world_.draw_delay(how_.longest_start) : std::chrono::nanoseconds(0);
      starts_.push_back(wait);
      world_.add(process->workers(), wait);
    }
  }
  /// When the last process began: one that was killed later had begun all the same.
  std::chrono::nanoseconds last_start() const { return *std::max_element(starts_.begin(), starts_.end()); }
  /// Kills a process that came together with the others by itself, and starts it again after `wait`. The others hear of it
  /// after up to `longest_unnoticed`. Not in a turn.
  void restart(unsigned index, std::chrono::nanoseconds longest_unnoticed, std::chrono::nanoseconds wait) {
    links_.crash(runs_[index], longest_unnoticed);
    world_.remove(processes_[index]->workers());
    killed_.push_back(std::move(processes_[index]));
    if (world_.elapsed() < starts_[index]) starts_[index] = world_.elapsed() + wait;
    processes_[index] = make(index, {});
    world_.add(processes_[index]->workers(), wait);
  }
  /// Bytes, on one connection, by a process that came together with the others by itself.
  std::size_t most_sent(unsigned index) const { return links_.most_sent(runs_[index]); }
  /// Where the processes that come together by themselves are.
  std::vector<std::string> const& addresses() const { return how_.each.addresses; }
  void rethrow() {
    for (auto const& process : processes_) process->rethrow();
  }

 private:
  std::unique_ptr<execution> make(unsigned index, connections others) {
    options each = how_.each;
    each.process = index;
    auto made = std::make_unique<execution>(flow_, each, world_, index, std::move(others));
    made->parts().channel_packets = how_.channel_packets;
    made->parts().test = how_.test;
    runs_[index] = ++runs_made_;
    if (how_.forms) made->meet(links_.door(runs_[index]));
    made->build();
    return made;
  }
  void connect(std::vector<connections>& ends) {
    for (connections& of_process : ends) of_process.resize(ends.size());
    for (std::size_t a = 0; a != ends.size(); ++a)
      for (std::size_t b = a + 1; b != ends.size(); ++b) {
        simulated_link& made = links_.make_link();
        ends[a][b] = made.end(0);
        ends[b][a] = made.end(1);
      }
  }

  graph const& flow_;
  simulation how_;
  simulated_runtime world_;
  simulated_switch links_;
  std::vector<std::size_t> runs_;  ///< by process: which of all runs of processes is its latest
  std::size_t runs_made_ = 0;
  std::vector<std::unique_ptr<execution>> processes_;
  std::vector<std::unique_ptr<execution>> killed_;  ///< what is under way may still ask for them
  std::vector<std::chrono::nanoseconds> starts_;
};

}  // namespace leat::detail

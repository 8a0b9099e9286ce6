// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/recovery_support.hpp>
#include <leat/run/simulated/link.hpp>
#include <leat/run/simulated/runtime.hpp>
#include <leat/run/simulated/switch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leat::detail {

struct simulation {
  std::uint64_t seed = 1;
  unsigned processes = 1;
  leat::options options;             ///< how each process runs the flow
  std::size_t channel_packets = 16;  ///< in flight between two workers, per exchange
  simulated_network network;
  /// The processes come together by formation, as in production, and each begins up to `longest_start` after the first;
  /// for that the program includes `leat/run/cluster.hpp`. Otherwise they are connected from the beginning.
  bool forms = false;
  std::chrono::nanoseconds longest_start = std::chrono::milliseconds(1);
  bool heartbeats = false;  ///< they wake the processes, so that none is ever stuck
  std::chrono::nanoseconds longest_turn = std::chrono::microseconds(10);
  wall_time begins_at{std::chrono::seconds(1767225600)};  ///< 2026-01-01
  test_overrides* test = nullptr;
  file_system* disk = nullptr;   ///< of all processes; null: the machine's
  recovery* recovers = nullptr;  ///< by all processes
  /// Makes what a process goes on from, where each has its own; empty: `recovers` is asked.
  std::function<std::unique_ptr<recovered_run>(execution&)> recover = {};
};

/// A whole cluster on the calling thread: every process is an execution of the same flow object, between every two is
/// a simulated link.
class simulated_cluster {
 public:
  simulated_cluster(graph const& flow, simulation const& simulation);

  simulated_runtime& world() { return world_; }
  execution& process(unsigned index) { return *processes_[index]; }
  simulated_switch& links() { return links_; }
  /// The link between two processes that are connected from the beginning, in the order 0-1, 0-2, ..., 1-2, ...
  simulated_link& link(std::size_t index) { return links_.link(index); }

  /// To the end. Throws what the first process that failed failed of, or stuck_error.
  void run();
  /// Gives the workers to the simulator, to be driven by hand.
  void begin();
  /// When the last process began: one that was killed later had begun all the same.
  std::chrono::nanoseconds last_start() const { return *std::max_element(starts_.begin(), starts_.end()); }
  /// Kills a process: nothing of it happens any more, and what it has taken of a store others can take. They hear of it
  /// after up to `longest_unnoticed`. Not in a turn.
  void kill(unsigned index, std::chrono::nanoseconds longest_unnoticed);
  /// Kills a process that came together with the others by itself, and starts it again after `wait`. Throws what the
  /// new one cannot start for.
  void restart(unsigned index, std::chrono::nanoseconds longest_unnoticed, std::chrono::nanoseconds wait);
  /// Bytes, on one connection, by a process that came together with the others by itself.
  std::size_t most_sent(unsigned index) const { return links_.most_sent(runs_[index]); }
  /// Where the processes that come together by themselves are.
  std::vector<std::string> const& addresses() const { return simulation_.options.addresses; }
  void rethrow();

 private:
  std::unique_ptr<execution> make(unsigned index, connections others);
  void connect(std::vector<connections>& ends);

  graph const& flow_;
  simulation simulation_;
  simulated_runtime world_;
  simulated_switch links_;
  std::vector<std::size_t> runs_;  ///< by process: which of all runs of processes is its latest
  std::size_t runs_made_ = 0;
  std::vector<std::unique_ptr<execution>> processes_;
  std::vector<std::unique_ptr<execution>> killed_;  ///< what is under way may still ask for them
  std::vector<std::chrono::nanoseconds> starts_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/simulated/cluster.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/options.hpp>
#include <leat/run/threads/periodic_call.hpp>
#include <leat/run/worker.hpp>

#include <cstdint>
#include <mutex>
#include <string>

namespace leat::detail {

/// Once a stop was asked for, tells which worker does not come out of a turn, since a function of the user's does not
/// return. Such a worker cannot tell it itself, as `stop_watch` does of all else that a stop waits for. The thread that
/// looks exists from the first stop on.
class slow_stop {
 public:
  slow_stop(execution& run, graph const& flow, options const& options)
      : run_(run), flow_(flow), tell_after_(options.suspect_after), on_signals_(options.stop_on_signals) {}
  slow_stop(slow_stop const&) = delete;
  slow_stop& operator=(slow_stop const&) = delete;
  ~slow_stop() = default;

  /// A stop was asked for. Any thread, also more than once.
  void begin();

 private:
  struct seen {
    std::uint64_t turns;
    bool told;
  };

  /// A worker that is in the same turn as at the last look has been in it for as long as that is ago.
  void look(bool tell);

  std::string does_not_return(worker const& worker) const;

  /// The steps whose functions a turn of this node's stage may call, in the order of travel: what is fused is called
  /// through.
  std::string steps_of_turn(node const& at) const;

  execution& run_;
  graph const& flow_;
  std::chrono::nanoseconds tell_after_;
  bool on_signals_;
  std::mutex beginning_;
  list<seen> workers_;
  periodic_call looks_;  // ends before what it looks at
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/slow_stop.ipp>
#endif

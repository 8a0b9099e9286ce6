// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/recovery.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/worker_builder.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace leat::detail {

/// What a worker's part of them is called in the store.
[[gnu::cold]] std::string parameters_of_worker(unsigned index);

/// What the snapshots of a step with windows have besides its keys: the text of its clock, windower and options, which
/// must be the same when a run goes on, since its windows mean nothing with other ones; and for how long there had been
/// nothing to read, which goes on from there, so that the time a process was down does not count as waiting. Workers
/// hear of that one after the other: the longest goes on, or windows that one of them had closed would be open again.
class window_parameters {
 public:
  /// `described` is that of the step's rows: a store has one description for what it keeps of a step.
  window_parameters(worker_builder& worker, step_context const& step, node const& of,
                    void (*described)(record_description& to));

  std::chrono::nanoseconds quiet_before() const { return quiet_before_; }

  /// The step passes a barrier of this epoch on.
  void keep(std::uint64_t epoch, std::chrono::nanoseconds quiet);

 private:
  step_context const& step_;
  std::string const& parameters_;
  recovery* store_;  ///< null: there is no recovery
  std::chrono::nanoseconds quiet_before_{0};
  std::optional<std::chrono::nanoseconds> kept_;  ///< what this worker has kept last
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/time/window_parameters.ipp>
#endif

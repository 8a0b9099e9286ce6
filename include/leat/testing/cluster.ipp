// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/flow.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/testing/cluster.hpp>
#include <leat/testing/inputs.hpp>
#include <leat/testing/options.hpp>
#include <leat/testing/result.hpp>

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace leat::test {

LEAT_INLINE cluster& cluster::keep(std::string const& input_or_output) {
  inputs_.keep(input_or_output);
  return *this;
}

LEAT_INLINE cluster& cluster::epoch() {
  inputs_.items().next_phase();
  return *this;
}

LEAT_INLINE cluster& cluster::advance(std::chrono::nanoseconds duration) {
  begin();
  running_->world().advance(duration);
  running_->rethrow();
  return *this;
}

LEAT_INLINE cluster& cluster::finish() {
  begin();
  inputs_.items().close();
  return run_out();
}

LEAT_INLINE cluster& cluster::stop(unsigned process) {
  begin();
  running_->process(process).stop();
  return run_out();
}

LEAT_INLINE std::chrono::nanoseconds cluster::elapsed() const {
  return running_ ? running_->world().elapsed() : std::chrono::nanoseconds(0);
}

LEAT_INLINE result cluster::so_far(std::exception_ptr failure) const {
  return {inputs_.put_in(), flow_->description(), trace(), std::move(failure)};
}

LEAT_INLINE options cluster::with(options options, seed chance) {
  options.seed = chance.value;
  return options;
}

LEAT_INLINE void cluster::begin() {
  if (running_) return;
  detail::simulation simulation;
  simulation.seed = options_.seed;
  simulation.processes = options_.processes;
  simulation.options.workers = options_.workers;
  simulation.options.batch_size = options_.batch_size;
  simulation.options.snapshot_interval = options_.snapshot_interval;
  simulation.longest_turn = std::chrono::nanoseconds(0);
  simulation.test = inputs_.put_in().get();
  running_ = std::make_unique<detail::simulated_cluster>(flow_->description(), simulation);
  running_->world().begin_at(options_.starts);
  inputs_.items().start = running_->world().now();
  running_->begin();
}

LEAT_INLINE cluster& cluster::run_out() {
  detail::simulated_runtime& world = running_->world();
  while (!world.all_done()) {
    if (world.step(never_ends)) continue;
    running_->rethrow();
    world.fail_stuck();
  }
  running_->rethrow();
  return *this;
}

}  // namespace leat::test

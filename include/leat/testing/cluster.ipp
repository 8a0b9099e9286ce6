// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/flow.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/testing/cluster.hpp>
#include <leat/testing/inputs.hpp>
#include <leat/testing/options.hpp>
#include <leat/testing/result.hpp>

#include <chrono>
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
  inputs_.all().next_phase();
  return *this;
}

LEAT_INLINE cluster& cluster::advance(std::chrono::nanoseconds how_long) {
  begin();
  running_->world().advance(how_long);
  running_->rethrow();
  return *this;
}

LEAT_INLINE cluster& cluster::finish() {
  begin();
  inputs_.all().close();
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

LEAT_INLINE options cluster::with(options how, seed chance) {
  how.seed = chance.value;
  return how;
}

LEAT_INLINE void cluster::begin() {
  if (running_) return;
  detail::simulation how;
  how.seed = how_.seed;
  how.processes = how_.processes;
  how.each.workers = how_.workers;
  how.each.batch_size = how_.batch_size;
  how.each.snapshot_interval = how_.snapshot_interval;
  how.longest_turn = std::chrono::nanoseconds(0);
  how.test = inputs_.put_in().get();
  running_ = std::make_unique<detail::simulated_cluster>(flow_->description(), how);
  running_->world().begin_at(how_.starts);
  inputs_.all().start = running_->world().now();
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

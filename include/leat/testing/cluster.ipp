// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/flow.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/step_counters.hpp>
#include <leat/op/running/times_of_inputs.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/run/worker.hpp>
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
  running_->world().wake_all();  // so that sources count quiet time up to now
  running_->world().advance(std::chrono::nanoseconds(0));
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

LEAT_INLINE detail::node const& cluster::node_of(std::string const& step) const {
  for (detail::node const* each : flow_->description().nodes())
    for (detail::step_info const& info : each->steps)
      if (info.name == flow_->name() + "." + step) return *each;
  throw flow_error("the test asks for the time of step \"" + step + "\", which the flow does not have");
}

LEAT_INLINE void cluster::refuse_without_time(std::string const& step) const {
  throw flow_error("the test asks for the time of step \"" + step + "\", which has none: it dates no records");
}

LEAT_INLINE std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds> cluster::watermark(
    std::string const& step) const {
  detail::node const& asked = node_of(step);
  unsigned const workers = running_ ? options_.workers * options_.processes : 0;
  detail::times_of_inputs times(workers);
  for (unsigned i = 0; i != workers; ++i) {
    if (!running_->process(i / options_.workers).assembled()) continue;  // it has not met the others yet
    detail::step_counters const& of = running_->process(i / options_.workers).local(i % options_.workers).counters();
    detail::step_counters::sum const known = of.of_node(asked.id, detail::counter_kind::watermark);
    if (!known.known) refuse_without_time(step);
    bool const idle = of.of_node(asked.id, detail::counter_kind::idle).value != 0;
    times.advance(i, {static_cast<std::int64_t>(known.value), 0, idle});
  }
  return std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>(
      std::chrono::nanoseconds(times.now().watermark));
}

LEAT_INLINE std::uint64_t cluster::late(std::string const& step) const {
  std::size_t const asked = node_of(step).id;
  std::uint64_t sum = 0;
  bool counts = !running_;
  for (unsigned i = 0; running_ && i != options_.processes; ++i) {
    counts = counts || !running_->process(i).assembled();
    auto const& by_node = running_->process(i).parts().by_node;
    if (asked >= by_node.size() || by_node[asked].counted() != std::string("late records")) continue;
    counts = true;
    sum += by_node[asked].count();
  }
  if (!counts) refuse_without_time(step);
  return sum;
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
  inputs_.put_in()->time_stands_still = true;
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

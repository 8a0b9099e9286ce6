// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/run/run.hpp>
#include <leat/testing/cluster.hpp>
#include <leat/testing/inputs.hpp>
#include <leat/testing/options.hpp>
#include <leat/testing/result.hpp>
#include <leat/testing/run.hpp>

#include <exception>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace leat::test {

LEAT_INLINE run_to_be&& run_to_be::epoch() && {
  inputs_.items().next_phase();
  return std::move(*this);
}

LEAT_INLINE run_to_be&& run_to_be::wait(std::chrono::nanoseconds duration) && {
  inputs_.items().due += duration;
  return std::move(*this);
}

LEAT_INLINE run_to_be&& run_to_be::keep(std::string const& input_or_output) && {
  inputs_.keep(input_or_output);
  return std::move(*this);
}

LEAT_INLINE result run_to_be::finish() && {
  result ended = run_all();
  ended.rethrow();
  return ended;
}

LEAT_INLINE result run_to_be::in_failure() && {
  result ended = run_all();
  if (!ended.has_failed())
    throw flow_error("the run of flow \"" + flow_->name() + "\" was expected to fail, and ended well");
  return ended;
}

LEAT_INLINE result run_to_be::simulated() {
  cluster cluster(*flow_, options_, std::move(inputs_));
  std::exception_ptr failure;
  try {
    cluster.finish();
  } catch (run_error const&) {
    failure = std::current_exception();
  }
  return cluster.so_far(failure);
}

LEAT_INLINE result run_to_be::on_threads() {
  if (options_.processes > 1)
    throw flow_error("a test with threads runs one process: use several workers, or leave threads out");
  leat::options options;
  options.workers = options_.workers;
  options.batch_size = options_.batch_size;
  options.snapshot_interval = options_.snapshot_interval;
  detail::thread_runtime world(options.spin);
  inputs_.items().start = world.now();
  inputs_.items().close();
  detail::execution execution(flow_->description(), options, world);
  execution.parts().test = inputs_.put_in().get();
  execution.build();
  world.drive(execution.runnables());
  std::exception_ptr failure;
  try {
    execution.rethrow();
  } catch (run_error const&) {
    failure = std::current_exception();
  }
  return {inputs_.put_in(), flow_->description(), 0, failure};
}

LEAT_INLINE run_to_be run(flow const& flow, options options) { return {flow, std::move(options)}; }

}  // namespace leat::test

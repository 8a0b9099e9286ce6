// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/error.hpp>
#include <leat/flow.hpp>
#include <leat/run/run.hpp>
#include <leat/testing/cluster.hpp>
#include <leat/testing/inputs.hpp>
#include <leat/testing/options.hpp>
#include <leat/testing/result.hpp>

#include <chrono>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace leat::test {

/// A run that is being written down. It takes place when it becomes a `result`, and throws what `leat::run` throws, and
/// stuck_error.
class run_to_be {
 public:
  run_to_be(flow const& what, options how) : flow_(&what), how_(std::move(how)), inputs_(what.name()) {}

  /// Puts these records in the place of an input's source, after those that it has been fed already.
  template <class T>
  run_to_be&& feed(std::string const& name, std::vector<T> given) && {
    inputs_.of<T>(name, false).add(std::move(given));
    return std::move(*this);
  }
  template <class T>
  run_to_be&& feed(std::string const& name, std::initializer_list<T> given) && {
    using record = detail::fed_record<T>;
    return std::move(*this).template feed<record>(name, std::vector<record>(given.begin(), given.end()));
  }
  /// What is fed from here on belongs to a later epoch, on all workers.
  run_to_be&& epoch() && {
    inputs_.all().next_phase();
    return std::move(*this);
  }
  /// What is fed from here on comes this much later.
  run_to_be&& wait(std::chrono::nanoseconds how_long) && {
    inputs_.all().due += how_long;
    return std::move(*this);
  }
  /// This output keeps its own sink.
  run_to_be&& keep(std::string const& output) && {
    inputs_.keep(output);
    return std::move(*this);
  }

  /// Runs the flow to its end.
  result finish() && { return how_.threads ? on_threads() : simulated(); }
  operator result() && { return std::move(*this).finish(); }

 private:
  result simulated() {
    cluster all(*flow_, how_, std::move(inputs_));
    all.finish();
    return all.so_far();
  }

  result on_threads() {
    if (how_.processes > 1)
      throw flow_error("a test with threads runs one process: use several workers, or leave threads out");
    leat::options how;
    how.workers = how_.workers;
    how.batch_size = how_.batch_size;
    how.snapshot_interval = how_.snapshot_interval;
    detail::thread_runtime world(how.spin);
    inputs_.all().start = world.now();
    inputs_.all().close();
    detail::execution one(flow_->description(), how, world);
    one.parts().test = inputs_.put_in().get();
    one.build();
    world.drive(one.workers());
    one.rethrow();
    return {inputs_.put_in(), flow_->description(), 0};
  }

  flow const* flow_;
  options how_;
  detail::test_inputs inputs_;
};

/// Runs a flow as it is, with inputs fed by the test and outputs looked at by the test, by their names:
///
///     leat::test::result r = leat::test::run(flow, {.workers = 4}).feed("inp", {1, 2}).epoch().feed("inp", {3});
///     CHECK(r.of<int>("out") == leat::test::unordered(std::vector{2, 4, 6}));
///
/// Inputs that are not named keep their sources. The sinks of all outputs stay closed unless they are kept.
inline run_to_be run(flow const& what, options how = {}) {
  return {what, std::move(how)};
}

}  // namespace leat::test

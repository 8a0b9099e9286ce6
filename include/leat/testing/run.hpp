// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/flow.hpp>
#include <leat/testing/inputs.hpp>
#include <leat/testing/options.hpp>
#include <leat/testing/result.hpp>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace leat::test {

/// A run that is being written down. It takes place when it becomes a `result`, and throws what `leat::run` throws, and
/// stuck_error.
class [[nodiscard("leat: nothing runs until .finish(), or until it becomes a leat::test::result")]] run_to_be {
 public:
  /// Made by `leat::test::run`. The flow must outlive it.
  run_to_be(flow const& flow, options options) : flow_(&flow), options_(std::move(options)), inputs_(flow.name()) {}

  /// Puts these records in the place of an input's source, after those that it has been fed already.
  template <class T>
  [[nodiscard("leat: nothing runs until .finish(), or until it becomes a leat::test::result")]]
  run_to_be&& feed(std::string const& name, std::vector<T> given) && {
    inputs_.of<T>(name, false).add(std::move(given));
    return std::move(*this);
  }
  /// The same, written as a list.
  template <class T>
  [[nodiscard("leat: nothing runs until .finish(), or until it becomes a leat::test::result")]]
  run_to_be&& feed(std::string const& name, std::initializer_list<T> given) && {
    using record = detail::fed_record<T>;
    return std::move(*this).template feed<record>(name, std::vector<record>(given.begin(), given.end()));
  }
  /// What is fed from here on belongs to a later epoch, on all workers.
  [[nodiscard("leat: nothing runs until .finish(), or until it becomes a leat::test::result")]] run_to_be&& epoch() &&;
  /// What is fed from here on comes this much later.
  [[nodiscard("leat: nothing runs until .finish(), or until it becomes a leat::test::result")]] run_to_be&& wait(
      std::chrono::nanoseconds duration) &&;
  /// This input keeps its own source, or this output its own sink.
  [[nodiscard("leat: nothing runs until .finish(), or until it becomes a leat::test::result")]] run_to_be&& keep(
      std::string const& input_or_output) &&;
  /// This input keeps its own source, and begins to read this partition at a position, as after a restart. `P` is the
  /// source's `position`; an input with positions of another type is a flow_error.
  template <class P>
  [[nodiscard("leat: nothing runs until .finish(), or until it becomes a leat::test::result")]] run_to_be&& keep_from(
      std::string const& input, std::string const& partition, P position) && {
    inputs_.keep_from(input, partition, std::move(position));
    return std::move(*this);
  }

  /// Runs the flow to its end, and throws what it fails of.
  result finish() &&;
  /// Runs the flow, as `.finish()` does.
  operator result() && { return std::move(*this).finish(); }
  /// Runs a flow that must fail: what came out before is in the result, whose `rethrow()` throws what the run failed
  /// of. Throws flow_error when the run ends well.
  result in_failure() &&;

 private:
  result run_all() { return options_.threads ? on_threads() : simulated(); }

  result simulated();

  result on_threads();

  flow const* flow_;
  options options_;
  detail::test_inputs inputs_;
};

/// Runs a flow as it is, with inputs fed by the test and outputs looked at by the test, by their names:
///
///     leat::test::result r = leat::test::run(flow, {.workers = 4}).feed("inp", {1, 2}).epoch().feed("inp", {3});
///     CHECK(r.of<int>("out") == leat::test::unordered(std::vector{2, 4, 6}));
///
/// An input that is neither fed nor kept is a flow_error: its own source would run. The sinks of all outputs stay
/// closed unless they are kept.
run_to_be run(flow const& flow, options options = {});

}  // namespace leat::test

#ifndef LEAT_COMPILED
#include <leat/testing/run.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/flow.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/testing/inputs.hpp>
#include <leat/testing/options.hpp>
#include <leat/testing/result.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::test {

/// A simulated cluster that the test drives by hand, in virtual time:
///
///     leat::test::cluster c{flow, leat::test::seed(42), {.processes = 2, .workers = 2}};
///     c.feed("inp", {1, 2});
///     c.advance(10s);
///     CHECK(c.of<int>("out") == leat::test::unordered(expected));
///
/// Time passes only in `advance` and `finish`, and there only while all workers sleep. What a process fails of is
/// thrown by them. The flow must outlive it.
class cluster {
 public:
  /// The flow must outlive it. Nothing runs until time is advanced.
  cluster(flow const& flow, seed chance, options options = {}) : cluster(flow, with(options, chance), flow.name()) {}
  cluster(flow const& flow, options options, detail::test_inputs inputs)
      : flow_(&flow), options_(std::move(options)), inputs_(std::move(inputs)) {}

  /// Puts these records in the place of an input's source, after those that it has been fed already. The first time
  /// before time is advanced.
  template <class T>
  cluster& feed(std::string const& name, std::vector<T> given) {
    if (running_) inputs_.items().due = elapsed();
    inputs_.of<T>(name, running_ != nullptr).add(std::move(given));
    return *this;
  }
  /// The same, written as a list.
  template <class T>
  cluster& feed(std::string const& name, std::initializer_list<T> given) {
    using record = detail::fed_record<T>;
    return feed<record>(name, std::vector<record>(given.begin(), given.end()));
  }
  /// The input will be fed later.
  template <class T>
  cluster& input(std::string const& name) {
    inputs_.of<T>(name, running_ != nullptr);
    return *this;
  }
  /// This input keeps its own source, or this output its own sink. Before time is advanced.
  cluster& keep(std::string const& input_or_output);
  /// This input keeps its own source, and begins to read this partition at a position, as after a restart. Before time
  /// is advanced.
  template <class P>
  cluster& keep_from(std::string const& input, std::string const& partition, P position) {
    inputs_.keep_from(input, partition, std::move(position));
    return *this;
  }
  /// What is fed from here on belongs to a later epoch, on all workers.
  cluster& epoch();

  /// Lets this much virtual time pass; zero: lets everything happen that can happen now.
  cluster& advance(std::chrono::nanoseconds duration);
  /// The inputs end, and the flow runs to its end. Throws stuck_error when it does not come to one.
  cluster& finish();
  /// Asks for an orderly stop in one process, as a signal would, and runs to the end.
  cluster& stop(unsigned process = 0);

  /// Virtual time since the beginning.
  std::chrono::nanoseconds elapsed() const;
  /// What the flow's wall clocks show.
  wall_time wall() const { return options_.starts + std::chrono::duration_cast<wall_time::duration>(elapsed()); }

  /// What has come to an output so far; as in `result`.
  template <class T>
  records<T> of(std::string const& name) const {
    return so_far().of<T>(name);
  }
  /// For comparisons, which know the type.
  output_of_any of(std::string const& name) const { return so_far().of(name); }
  /// All outputs as they are now.
  result so_far(std::exception_ptr failure = nullptr) const;

  /// How far the time of the stream behind a step has come: of one that dates records, or has windows. The least value
  /// that there is while nothing is known. Throws flow_error for a step that has no time.
  std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds> watermark(std::string const& step) const;
  /// How many records were late at a step so far, whether or not they are read. Throws flow_error as `watermark` does.
  std::uint64_t late(std::string const& step) const;

  /// Sums up all decisions so far.
  std::uint64_t trace() const { return running_ ? running_->world().trace() : 0; }

 private:
  static options with(options options, seed chance);
  cluster(flow const& flow, options options, std::string const& name)
      : cluster(flow, std::move(options), detail::test_inputs(name)) {}

  void begin();

  cluster& run_out();
  detail::node const& node_of(std::string const& step) const;
  void refuse_without_time(std::string const& step) const;

  static constexpr steady_time never_ends = detail::never;

  flow const* flow_;
  options options_;
  detail::test_inputs inputs_;
  std::unique_ptr<detail::simulated_cluster> running_;
};

}  // namespace leat::test

#ifndef LEAT_COMPILED
#include <leat/testing/cluster.ipp>
#endif

// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "measure.hpp"
#include "sources.hpp"

#include <leat/flow.hpp>
#include <leat/op/key_on.hpp>
#include <leat/run/run.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

using keys_in_memory = benchmark_input::shared_records<std::uint64_t>;

/// Sums what the counts add up to, over all workers.
class sum_of_counts {
 public:
  explicit sum_of_counts(std::atomic<std::uint64_t>& to) : to_(&to) {}
  void operator()(std::pair<std::uint64_t, std::uint64_t> const& counted) { sum_ += counted.second; }
  void flush() { to_->fetch_add(std::exchange(sum_, 0), std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t>* to_;
  std::uint64_t sum_ = 0;
};

/// Seconds that a count by key takes which tells each record's number, over all keys `passes` times. The numbers are
/// added to `sum`.
inline double running_count(keys_in_memory const& keys, int passes, leat::options const& options,
                            std::atomic<std::uint64_t>& sum) {
  leat::flow flow("count");
  flow.input("in", benchmark_input::repeat<std::uint64_t>(keys, passes)) | leat::key_on([](std::uint64_t x) {
    return x;
  }) | leat::stateful_map("count", [](std::optional<std::uint64_t>& count, std::uint64_t) {
    count = count.value_or(0) + 1;
    return *count;
  }) | leat::output("out", leat::to::for_each(sum_of_counts(sum)));
  return measure::seconds_of([&] { leat::run(flow, options); });
}

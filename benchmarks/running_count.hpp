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

#include <cstdint>
#include <optional>
#include <utility>

using keys_in_memory = benchmark_input::shared_records<std::uint64_t>;

/// Seconds that a count by key takes which tells each record's number, over all keys `passes` times.
inline double running_count(keys_in_memory const& keys, int passes, leat::options const& options) {
  leat::flow flow("count");
  flow.input("in", benchmark_input::repeat<std::uint64_t>(keys, passes)) | leat::key_on([](std::uint64_t x) {
    return x;
  }) | leat::stateful_map("count", [](std::optional<std::uint64_t>& count, std::uint64_t) {
    count = count.value_or(0) + 1;
    return *count;
  }) | leat::output("out", leat::to::for_each([](std::pair<std::uint64_t, std::uint64_t> const&) {}));
  return measure::seconds_of([&] { leat::run(flow, options); });
}

// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include "fixture/chance.hpp"

#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/to/for_each.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace {

using leat::test::chance;

std::size_t encoded = 0;  ///< bytes of texts that were encoded and are not decoded
std::size_t most_encoded = 0;

struct watched_text {
  std::string bytes;
  template <class A>
  void serialize(A& archive, unsigned) {
    archive & bytes;
    if constexpr (std::is_same_v<A, leat::output_archive>)
      most_encoded = std::max(most_encoded, encoded += bytes.size());
    if constexpr (std::is_same_v<A, leat::input_archive>) encoded -= bytes.size();
  }
};

leat::detail::simulation draw_two_processes(chance& dice) {
  leat::detail::simulation simulation;
  simulation.seed = dice.number();
  simulation.processes = 2;
  simulation.options.channel_bytes = dice.pick<std::size_t>({1, 500, 3000, 20'000});
  simulation.options.batch_size = dice.pick<std::size_t>({0, 0, 1, 30});
  simulation.options.snapshot_interval = std::chrono::microseconds(dice.pick({0, 50, 100'000}));
  simulation.network.capacity = dice.pick<std::size_t>({300, 2000, 64 * 1024});
  simulation.network.longest_delay = std::chrono::microseconds(dice.between(1, 20));
  return simulation;
}

}  // namespace

TEST_CASE("the bytes under way over one channel between processes are the credit and one record at most") {
  std::size_t most_above_credit = 0;
  for (std::uint64_t seed = 1; seed != 100; ++seed) {
    CAPTURE(seed);
    chance dice(seed);
    leat::detail::simulation const simulation = draw_two_processes(dice);
    std::size_t const largest = dice.pick<std::size_t>({10, 100, 1000, 5000});
    int const records = 500;
    std::size_t arrived = 0;
    encoded = most_encoded = 0;
    leat::flow flow("one partition, so one sender");
    flow.input("in", leat::from::range(records)) | leat::map([largest](int x) {
      return watched_text{std::string(1 + static_cast<std::size_t>(x) * 7919 % largest, 'x')};
    }) | leat::redistribute("spread") |
        leat::output("out", leat::to::for_each([&](watched_text const&) { ++arrived; }));
    leat::detail::simulated_cluster(flow.description(), simulation).run();
    CHECK(arrived == records);
    CHECK(encoded == 0);
    CHECK(most_encoded <= simulation.options.channel_bytes + largest);
    most_above_credit =
        std::max(most_above_credit, most_encoded - std::min(most_encoded, simulation.options.channel_bytes));
  }
  CHECK(most_above_credit > 2000);  // else nothing came near
}

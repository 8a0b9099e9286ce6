// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/merge.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/run/simulated/cluster.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/one_at_a_time.hpp"
#include "fixture/two_by_two.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::vector<int> numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// Two processes of two workers, between which everything takes up to a millisecond.
leat::detail::simulation far_apart(std::uint64_t seed) {
  leat::detail::simulation simulation = leat::test::two_by_two(seed);
  simulation.network.longest_delay = 1ms;
  return simulation;
}

}  // namespace

TEST_CASE("where marks take longer to be aligned than an epoch lasts, records still get through") {
  for (std::chrono::nanoseconds const epoch : {0ns, 1ns, 50000ns})
    for (std::uint64_t seed = 1; seed != 6; ++seed) {
      CAPTURE(epoch.count());
      CAPTURE(seed);
      std::vector<int> got;
      leat::flow flow{"short epochs"};
      leat::stream in = flow.input("in", leat::test::one_at_a_time<int>({numbers(40), numbers(40)}));
      leat::merge("both", in, in | leat::redistribute("away")) | leat::output("out", leat::to::collect(got));
      leat::detail::simulation simulation = far_apart(seed);
      simulation.options.snapshot_interval = epoch;
      simulation.options.workers = 1;
      simulation.network.capacity = 64;
      leat::detail::simulated_cluster cluster(flow.description(), simulation);
      cluster.begin();
      leat::detail::simulated_runtime& world = cluster.world();
      while (!world.all_done() && world.turns() < 20'000) REQUIRE(world.step(leat::detail::never));
      CHECK(world.all_done());
      CHECK(got.size() == 160);
    }
}

TEST_CASE("a stop may come at any time, also when a process has nothing left to do, over a link of any capacity") {
  std::uint64_t turns = 1;
  for (std::uint64_t at = 0; at < turns; ++at)
    for (std::size_t const capacity : {8u, 4096u}) {
      CAPTURE(at);
      CAPTURE(capacity);
      std::vector<int> got;
      leat::flow flow{"stopped"};
      flow.input("in", leat::from::iterable(numbers(3))) | leat::redistribute("spread") |
          leat::output("out", leat::to::collect(got));
      leat::detail::simulation simulation = far_apart(at);
      simulation.network.capacity = capacity;
      leat::detail::simulated_cluster cluster(flow.description(), simulation);
      cluster.begin();
      leat::detail::simulated_runtime& world = cluster.world();
      bool stopped = false;
      while (!world.all_done()) {
        if (world.turns() >= at && !stopped) {
          stopped = true;
          cluster.process(0).stop();
        }
        REQUIRE(world.step(leat::detail::never));
      }
      cluster.rethrow();
      CHECK(got.size() <= 3);
      turns = std::max<std::uint64_t>(turns, std::min<std::uint64_t>(world.turns(), 300));
    }
}

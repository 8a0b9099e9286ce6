// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/random_metric.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using pairs = std::vector<std::pair<std::string, double>>;

TEST_CASE("a random metric takes a digit every interval, as often as it was told") {
  leat::from::random_metric const source("load", 700ms, 3);
  CHECK(source.list_parts() == std::vector<std::string>{"load"});
  polled p(source);
  p.worker.chance = 17;
  CHECK(p.next() == pairs{{"load", 7}});
  CHECK(*p.partition.next_awake() == p.worker.steady + 700ms);
  CHECK(p.next() == pairs{{"load", 8}});
  CHECK(*p.partition.next_awake() == p.worker.steady + 1400ms);
  CHECK(p.reading);

  polled resumed(source, "load", p.partition.snapshot());
  CHECK(resumed.next().size() == 1);
  CHECK(!resumed.reading);
  CHECK(polled(source, "load", 3).rest().empty());
}

TEST_CASE("values are made of 64 random bits as one likes") {
  polled p(
      leat::from::random_metric("x", 1s, 1, [](std::uint64_t chance) { return static_cast<double>(chance) + 0.5; }));
  p.worker.chance = 4;
  CHECK(p.rest() == pairs{{"x", 4.5}});
}

TEST_CASE("two metrics in one run") {
  for (unsigned const workers : {1u, 4u}) {
    pairs seen;
    leat::flow flow("metrics");
    flow.input("v", leat::from::random_metric("v", 1us, 20)) | leat::output("out v", leat::to::collect(seen));
    flow.input("hz", leat::from::random_metric("hz", 3us, 10)) | leat::output("out hz", leat::to::collect(seen));
    leat::run(flow, {.workers = workers});
    CHECK(seen.size() == 30);
    bool digits = true;
    for (auto const& [name, value] : seen) digits = digits && value >= 0 && value <= 9;
    CHECK(digits);
  }
}

// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

TEST_CASE("a range is in order, from the first up to the last") {
  for (unsigned const workers : {1u, 4u}) {
    std::vector<int> seen;
    leat::flow flow("range");
    flow.input("in", leat::from::range(-3, 10000)) | leat::output("out", leat::to::collect(seen));
    leat::run(flow, {.workers = workers});
    std::vector<int> expected(10003);
    std::iota(expected.begin(), expected.end(), -3);
    CHECK(seen == expected);
  }
}

TEST_CASE("short, empty and extreme ranges") {
  CHECK(polled(leat::from::range(3)).rest() == std::vector<int>{0, 1, 2});
  CHECK(polled(leat::from::range(0)).rest().empty());
  CHECK(polled(leat::from::range(5, 2)).rest().empty());
  CHECK(polled(leat::from::range(2048)).rest().size() == 2048);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(polled(leat::from::range<std::int64_t>(most - 2, most)).rest() ==
        std::vector<std::int64_t>{most - 2, most - 1});
  CHECK(polled(leat::from::range<std::int8_t>(-128, 127)).rest().size() == 255);
}

TEST_CASE("a range is resumed by index") {
  auto const source = leat::from::range(10, 5000);
  polled whole(source);
  std::vector<int> const first = whole.next();
  polled rest(source, "", whole.partition.snapshot());
  CHECK(rest.next().front() == first.back() + 1);
  CHECK(rest.rest().back() == 4999);
  CHECK(rest.partition.snapshot() == 4990);
  CHECK(polled(source, "", rest.partition.snapshot()).rest().empty());
}

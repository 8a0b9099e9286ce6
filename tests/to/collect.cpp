// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/from/range.hpp>
#include <leat/op/map.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

TEST_CASE("collect keeps all records; a second run adds to them") {
  std::vector<int> seen;
  leat::flow flow("collect");
  flow.input("in", leat::from::range(3)) | leat::output("out", leat::to::collect(seen));
  leat::run(flow);
  leat::run(flow, {.workers = 4});
  CHECK(seen == std::vector<int>{0, 1, 2, 0, 1, 2});
}

TEST_CASE("records that can only be moved are moved, others that are shared are copied") {
  std::vector<std::unique_ptr<int>> owned;
  leat::flow flow("collect");
  flow.input("in", leat::from::range(3)) | leat::map([](int n) { return std::make_unique<int>(n); }) |
      leat::output("out", leat::to::collect(owned));
  leat::run(flow);
  REQUIRE(owned.size() == 3);
  CHECK(*owned[2] == 2);

  std::vector<std::string> lines;
  std::vector<std::string> two;
  leat::flow shared("shared");
  leat::stream s = shared.input("in", leat::from::iterable({std::string(100, 'x')}));
  s | leat::output("one", leat::to::collect(lines));
  s | leat::output("two", leat::to::collect(two));
  leat::run(shared);
  CHECK(lines == std::vector<std::string>{std::string(100, 'x')});
  CHECK(two == lines);
}

TEST_CASE("a record may become what the vector holds") {
  std::vector<std::string> seen;
  leat::flow flow("collect");
  flow.input("in", leat::from::iterable(std::vector<std::string_view>{"a", "b"})) |
      leat::output("out", leat::to::test(seen));
  leat::run(flow);
  CHECK(seen == std::vector<std::string>{"a", "b"});
}

TEST_CASE("several sinks and workers may collect into one vector") {
  std::vector<int> seen;
  leat::flow flow("collect");
  for (int i = 0; i != 4; ++i) {
    std::string const number = std::to_string(i);
    flow.input("in" + number, leat::from::range(i * 10000, i * 10000 + 10000)) |
        leat::output("out" + number, leat::to::collect(seen));
  }
  leat::run(flow, {.workers = 4});
  std::sort(seen.begin(), seen.end());
  REQUIRE(seen.size() == 40000);
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

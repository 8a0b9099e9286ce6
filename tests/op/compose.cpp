// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/branch.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>

#include "op/flows.hpp"

#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

std::vector<std::string> names_of(leat::flow const& flow) {
  std::vector<std::string> names;
  for (auto const& node : flow.description().nodes())
    for (auto const& step : node->steps) names.push_back(step.name);
  return names;
}

/// An operator of a user's own, as users write it.
auto evens_doubled() {
  return leat::compose("evens_doubled", [](auto numbers) {
    return std::move(numbers) | leat::filter("even", [](int x) { return x % 2 == 0; }) |
           leat::map("double", [](int x) { return x * 2; });
  });
}

leat::stream<int> plus_one(leat::stream<int> numbers) {
  return numbers | leat::map("plus", [](int x) { return x + 1; });
}

}  // namespace

TEST_CASE("compose: what f pipes on, with its names inside the step's, fused into one run") {
  std::vector<int> got;
  leat::flow flow{"flow"};
  flow.input("in", flows::dealt<int>({1, 2, 3, 4})) | leat::map("before", [](int x) { return x; }) | evens_doubled() |
      leat::map("after", [](int x) { return x + 1; }) | leat::output("out", leat::to::collect(got));
  leat::run(flow);
  CHECK(got == std::vector<int>{5, 9});
  CHECK(flow.description().nodes().size() == 3);
  CHECK(names_of(flow) == std::vector<std::string>{"flow.in", "flow.before", "flow.evens_doubled.even",
                                                   "flow.evens_doubled.double", "flow.after", "flow.out"});
  REQUIRE(flow.description().scopes().size() == 1);
  CHECK(flow.description().scopes().front().name == "flow.evens_doubled");
}

TEST_CASE("compose: scopes nest, and one name may stand in two of them") {
  std::vector<int> got;
  leat::flow flow{"flow"};
  flow.input("in", flows::dealt<int>({1})) | leat::compose("outer", [](auto s) {
    return std::move(s) | leat::map("double", [](int x) { return x * 3; }) | leat::compose("inner", [](auto t) {
             return std::move(t) | leat::map("double", [](int x) { return x * 5; });
           });
  }) | leat::map("double", [](int x) {
    return x * 2;
  }) | leat::output("out", leat::to::collect(got));
  leat::run(flow);
  CHECK(got == std::vector<int>{30});
  CHECK(names_of(flow) ==
        std::vector<std::string>{"flow.in", "flow.outer.double", "flow.outer.inner.double", "flow.double", "flow.out"});
}

TEST_CASE("compose: an ordinary function over streams; a named stream is used, not given away") {
  flows::however_run<int, int>(
      {1, 2}, [](auto& s) { return s | leat::compose("plus_one", plus_one); },
      [](std::vector<int> const& got, bool) { CHECK(got == std::vector<int>{2, 3}); });
  std::vector<int> got;
  leat::flow flow{"flow"};
  auto run = flow.input("in", flows::dealt<int>({1, 2, 3, 4})) | leat::map([](int x) { return x; });
  run | evens_doubled() | leat::output("out", leat::to::collect(got));
  run | leat::output("all", leat::to::collect(got));
  leat::run(flow);
  CHECK(flows::sorted(got) == std::vector<int>{1, 2, 3, 4, 4, 8});
}

TEST_CASE("compose: several streams out, several in, none out") {
  std::vector<int> got;
  leat::flow flow{"flow"};
  auto [low, high] = flow.input("in", flows::dealt<int>({1, 5, 9})) | leat::compose("split", [](auto s) {
                       return std::move(s) | leat::branch("low", [](int x) { return x < 4; });
                     });
  static_assert(std::is_same_v<decltype(low), leat::stream<int>>);
  auto merged = [](auto a, auto b) {
    return leat::merge("all", std::move(a) | leat::map("ten", [](int x) { return x * 10; }), std::move(b));
  };
  leat::compose("both", merged, low, high | leat::map([](int x) { return x; })) |
      leat::compose("end", [&got](auto s) { std::move(s) | leat::output("out", leat::to::collect(got)); });
  leat::run(flow);
  CHECK(flows::sorted(got) == std::vector<int>{5, 9, 10});
  CHECK(names_of(flow).back() == "flow.end.out");
}

TEST_CASE("compose: an exception while it describes closes the scope; errors at run time carry the full name") {
  leat::flow flow{"flow"};
  std::vector<int> got;
  auto in = flow.input("in", flows::dealt<int>({1}));
  auto describe_badly = [](auto s) -> leat::stream<int> {
    return s | leat::map("fine", [](int x) { return x; }) | leat::map("a.b", [](int x) { return x; });
  };
  CHECK_THROWS_AS(in | leat::compose("broken", describe_badly), leat::flow_error);
  in | leat::compose("step", [](auto s) {
    return s | leat::map("inner", [](int x) -> int { throw std::runtime_error(std::to_string(x)); });
  }) | leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow);
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "flow.step.inner");
  }
}

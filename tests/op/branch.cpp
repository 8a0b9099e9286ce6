// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/op/branch.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>

#include "op/flows.hpp"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

TEST_CASE("branch: each record to exactly one side (C7)") {
  for (unsigned workers : {1u, 4u}) {
    std::vector<int> odd;
    std::vector<int> even;
    leat::flow flow{"test"};
    auto [trues, falses] =
        flow.input("in", flows::dealt<int>({1, 2, 3})) | leat::branch("odd", [](int x) { return x % 2 == 1; });
    static_assert(std::is_same_v<decltype(trues), leat::stream<int>>);
    trues | leat::output("odds", leat::to::collect(odd));
    falses | leat::output("evens", leat::to::collect(even));
    leat::run(flow, {.workers = workers});
    CHECK(flows::sorted(odd) == std::vector<int>{1, 3});
    CHECK(even == std::vector<int>{2});
  }
}

TEST_CASE("branch: behind maps and filters, batches of any size, order kept on both sides") {
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i != 5000; ++i) numbers.push_back(i * 0x9e3779b97f4a7c15u >> 20);
  std::vector<std::uint64_t> wanted_low;
  std::vector<std::uint64_t> wanted_high;
  for (std::uint64_t n : numbers)
    if ((n + 1) % 3 != 0) ((n + 1) % 100 < 40 ? wanted_low : wanted_high).push_back(n + 1);
  for (std::size_t batch : {0u, 1u, 7u, 512u}) {
    std::vector<std::uint64_t> low;
    std::vector<std::uint64_t> high;
    leat::flow flow{"test"};
    auto sides = flow.input("in", flows::dealt<std::uint64_t>(numbers)) |
                 leat::map([](std::uint64_t n) { return n + 1; }) |
                 leat::filter([](std::uint64_t n) { return n % 3 != 0; }) |
                 leat::branch([](std::uint64_t n) { return n % 100 < 40; });
    sides.trues | leat::output("low", leat::to::collect(low));
    sides.falses | leat::output("high", leat::to::collect(high));
    leat::options options;
    options.batch_size = batch;
    leat::run(flow, options);
    CHECK(low == wanted_low);
    CHECK(high == wanted_high);
  }
}

TEST_CASE("branch: text, emitted as views; one side left alone") {
  std::vector<std::string> got;
  leat::flow flow{"test"};
  auto [longs, shorts] = flow.input("in", flows::dealt<std::string>({"a bb", "ccc"})) |
                         leat::flat_map<std::string>([](std::string_view line, auto emit) {
                           std::size_t const at = std::min(line.find(' '), line.size());
                           emit(line.substr(0, at));
                           if (at != line.size()) emit(line.substr(at + 1));
                         }) |
                         leat::branch([](std::string_view word) { return word.size() > 1; });
  longs | leat::output("long", leat::to::collect(got));
  static_assert(std::is_same_v<decltype(shorts), leat::stream<std::string>>);
  leat::run(flow);
  CHECK(got == std::vector<std::string>{"bb", "ccc"});
}

TEST_CASE("branch: records that can only be moved") {
  std::vector<int> got;
  leat::flow flow{"test"};
  auto [two, others] = flow.input("in", flows::dealt<int>({1, 2, 3})) |
                       leat::map([](int x) { return std::make_unique<int>(x); }) |
                       leat::branch([](std::unique_ptr<int> const& p) { return *p == 2; });
  auto value = [](std::unique_ptr<int> p) { return *p; };
  std::move(two) | leat::map(value) | leat::output("two", leat::to::collect(got));
  std::move(others) | leat::map(value) | leat::output("others", leat::to::collect(got));
  leat::run(flow);
  CHECK(flows::sorted(got) == std::vector<int>{1, 2, 3});
}

TEST_CASE("branch: an exception of the predicate names the step") {
  std::vector<int> got;
  leat::flow flow{"test"};
  auto sides = flow.input("in", flows::dealt<int>({1})) |
               leat::branch("side", [](int) -> bool { throw std::runtime_error("neither"); });
  sides.trues | leat::output("out", leat::to::collect(got));
  try {
    leat::run(flow);
    FAIL("it should have thrown");
  } catch (leat::run_error const& e) {
    CHECK(e.step == "test.side");
  }
}

TEST_CASE("branch and merge together (C11)") {
  std::vector<int> numbers;
  for (int i = 0; i != 10; ++i) numbers.push_back(i);
  flows::however_run<int, int>(
      numbers,
      [](auto& s) {
        auto [even, odd] = s | leat::branch("even", [](int x) { return x % 2 == 0; });
        return leat::merge("merge", even | leat::map([](int x) { return x / 2; }),
                           odd | leat::map([](int x) { return x * 2; })) |
               leat::map("minus one", [](int x) { return x - 1; });
      },
      [](std::vector<int> const& got, bool) {
        CHECK(flows::sorted(got) == std::vector<int>{-1, 0, 1, 1, 2, 3, 5, 9, 13, 17});
      });
}

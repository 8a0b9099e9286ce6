// SPDX-License-Identifier: BSL-1.0
#include <leat/op/or_else.hpp>

#include <doctest/doctest.h>

#include <leat/from/iterable.hpp>
#include <leat/from/range.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flat_map_value.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/op/running/failure_count.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/state/or_else.hpp>
#include <leat/state/stateful_flat_map.hpp>
#include <leat/state/stateful_map.hpp>
#include <leat/testing.hpp>
#include <leat/to/collect.hpp>

#include "fixture/shapes.hpp"
#include "op/flows.hpp"
#include "op/printed.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using texts = std::vector<std::string>;
using leat::failed_record;

int parse(std::string const& line) { return std::stoi(line); }

std::string error_of_parsing() {
  try {
    parse("x");
  } catch (std::exception const& cause) {
    return cause.what();
  }
  return "";
}

}  // namespace

TEST_CASE("or_else: a record goes to the errors also when the exception has no text") {
  struct says_nothing final : std::exception {
    char const* what() const noexcept override { return nullptr; }
  };
  std::vector<int> numbers;
  texts errors;
  leat::flow flow("mute");
  auto [down, failures] = flow.input("in", leat::from::range(2)) |
                          leat::or_else(leat::map("bad", [](int) -> int { throw says_nothing(); }));
  down | leat::output("numbers", leat::to::collect(numbers));
  failures | leat::map([](failed_record<int> const& failure) { return failure.error; }) |
      leat::output("errors", leat::to::collect(errors));
  flows::printed([&] { leat::run(flow); }, stderr);
  CHECK(numbers.empty());
  CHECK(errors == texts(2, "an exception without a text"));
}

TEST_CASE("or_else: records that a map throws at go to its errors, on every shape") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<int> numbers;
    texts errors;
    leat::flow flow("parsing");
    auto [down, failures] = flow.input("in", flows::dealt<std::string>({"1", "x", "2", "", "3"})) |
                            leat::redistribute("spread") | leat::or_else(leat::map("parse", parse));
    down | leat::map([](int number) { return 10 * number; }) | leat::output("out", leat::to::collect(numbers));
    failures | leat::redistribute("spread errors") | leat::map([](failed_record<std::string> const& failure) {
      return failure.step + "|" + failure.error + "|" + failure.record;
    }) | leat::output("errors", leat::to::collect(errors));
    shape.run(flow, numbers, errors);
    CHECK(flows::sorted(numbers) == std::vector{10, 20, 30});
    CHECK(flows::sorted(errors) ==
          texts{"parsing.parse|" + error_of_parsing() + "|", "parsing.parse|" + error_of_parsing() + "|x"});
  });
}

TEST_CASE("or_else: the record comes as it was, though the function took it") {
  texts results;
  std::vector<failed_record<std::string>> errors;
  leat::flow flow("taking");
  auto [down, failures] = flow.input("in", leat::from::iterable(texts{"good", "bad"})) |
                          leat::or_else(leat::map("take", [](std::string&& text) {
                            std::string const taken = std::move(text);
                            if (taken == "bad") throw std::runtime_error("no good");
                            return taken + "!";
                          }));
  down | leat::output("out", leat::to::collect(results));
  failures | leat::output("errors", leat::to::collect(errors));
  leat::run(flow);
  CHECK(results == texts{"good!"});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == failed_record<std::string>{"bad", "taking.take", "no good"});
  CHECK(leat::text(errors[0]) == "taking.take: no good: bad");
}

TEST_CASE("or_else: what several results of one record precede does not go on when the last throws") {
  std::vector<int> results;
  std::vector<failed_record<int>> errors;
  leat::flow flow("several");
  auto [down, failures] = flow.input("in", leat::from::iterable(std::vector{1, 2, 3})) |
                          leat::or_else(leat::flat_map<int>("repeat", [](int count, auto& out) {
                            for (int i = 0; i != count; ++i) {
                              if (i == 2) throw 2;
                              out(count);
                            }
                          }));
  down | leat::output("out", leat::to::collect(results));
  failures | leat::output("errors", leat::to::collect(errors));
  leat::run(flow);
  CHECK(results == std::vector{1, 2, 2});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].record == 3);
  CHECK(errors[0].error == "an exception that is not a std::exception");
}

TEST_CASE("or_else: several results that cannot be copied go on") {
  std::vector<int> results;
  std::vector<failed_record<int>> errors;
  leat::flow flow("several owned");
  auto streams = flow.input("in", leat::from::iterable(std::vector{1, 2, 3})) |
                 leat::or_else(leat::flat_map("repeat", [](int count) {
                   std::vector<std::unique_ptr<int>> pointers;
                   for (int i = 0; i != count; ++i) pointers.push_back(std::make_unique<int>(count));
                   if (count == 3) throw std::runtime_error("three");
                   return pointers;
                 }));
  std::move(streams.down) | leat::map([](std::unique_ptr<int> const& number) { return *number; }) |
      leat::output("out", leat::to::collect(results));
  streams.errors | leat::output("errors", leat::to::collect(errors));
  leat::run(flow);
  CHECK(results == std::vector{1, 2, 2});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].record == 3);
}

TEST_CASE("or_else: filter, filter_map, map_value and key_on, with steps before and behind") {
  using pair = std::pair<std::string, int>;
  std::vector<pair> results;
  std::vector<failed_record<int>> of_filter;
  std::vector<failed_record<int>> of_filter_map;
  std::vector<failed_record<int>> of_key;
  std::vector<failed_record<pair>> of_value;
  leat::flow flow("chain");
  auto filtered = flow.input("in", leat::from::iterable(std::vector{1, 2, 3, 4, 5, 6})) |
                  leat::map([](int number) { return number * 10; }) |
                  leat::or_else(leat::filter("filter", [](int number) {
                    return number == 10 ? throw std::runtime_error("ten") : number != 20;
                  }));
  filtered.errors | leat::output("errors of filter", leat::to::collect(of_filter));
  auto halved = filtered.down | leat::or_else(leat::filter_map("halve", [](int number) {
                  if (number == 30) throw std::runtime_error("thirty");
                  return number == 40 ? std::nullopt : std::optional(number / 2);
                }));
  halved.errors | leat::output("errors of halve", leat::to::collect(of_filter_map));
  auto keyed = halved | leat::or_else(leat::key_on("key", [](int number) {
                 return number == 25 ? throw std::runtime_error("twenty-five") : std::to_string(number);
               }));
  keyed.errors | leat::output("errors of key", leat::to::collect(of_key));
  auto valued = keyed | leat::or_else(leat::map_value("value", [](int number) -> int {
                  throw std::runtime_error("never " + std::to_string(number));
                }));
  valued.errors | leat::output("errors of value", leat::to::collect(of_value));
  valued | leat::output("out", leat::to::collect(results));
  leat::run(flow);
  CHECK(results.empty());
  CHECK(of_filter == std::vector{failed_record<int>{10, "chain.filter", "ten"}});
  CHECK(of_filter_map == std::vector{failed_record<int>{30, "chain.halve", "thirty"}});
  CHECK(of_key == std::vector{failed_record<int>{25, "chain.key", "twenty-five"}});
  CHECK(of_value == std::vector{failed_record<pair>{{"30", 30}, "chain.value", "never 30"}});
}

TEST_CASE("or_else: a later step's failure is nobody's errors") {
  std::vector<failed_record<int>> errors;
  leat::flow flow("later");
  auto [down, failures] = flow.input("in", leat::from::iterable(std::vector{1, 2})) |
                          leat::or_else(leat::flat_map<int>("first", [](int number, auto& out) { out(number); }));
  down | leat::map("second", [](int number) { return number == 2 ? throw std::runtime_error("two") : number; }) |
      leat::output("out", leat::to::for_each([](int) {}));
  failures | leat::output("errors", leat::to::collect(errors));
  try {
    leat::run(flow);
    FAIL("the run should have failed");
  } catch (leat::run_error const& failure) {
    CHECK(failure.step == "later.second");
  }
  CHECK(errors.empty());
}

TEST_CASE("or_else: a record that cannot be copied is read where the function reads it") {
  std::vector<int> results;
  int failures_seen = 0;
  leat::flow flow("owned");
  auto streams = flow.input("in", leat::from::iterable(std::vector{1, 2})) |
                 leat::map([](int number) { return std::make_unique<int>(number); }) |
                 leat::or_else(leat::map("read", [](std::unique_ptr<int> const& number) {
                   return *number == 2 ? throw std::runtime_error("two") : *number;
                 }));
  streams.down | leat::output("out", leat::to::collect(results));
  std::move(streams.errors) |
      leat::output("errors", leat::to::for_each([&](failed_record<std::unique_ptr<int>> failure) {
                     failures_seen += *failure.record;
                   }));
  leat::run(flow);
  CHECK(results == std::vector{1});
  CHECK(failures_seen == 2);
}

TEST_CASE("or_else: a stateful step's state is put back, on every shape") {
  using pair = std::pair<std::string, int>;
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<pair> sums;
    std::vector<pair> taken;
    texts errors;
    leat::flow flow("sums");
    leat::stream keyed =
        flow.input("in", flows::dealt<pair>({{"a", 1}, {"b", -1}, {"a", -5}, {"b", 2}, {"a", 3}, {"b", 4}})) |
        leat::redistribute("one", leat::by([](pair const&) { return 0; }));
    auto summed = keyed | leat::or_else(leat::stateful_map("sum", [](std::optional<int>& sum, int value) {
                    sum = sum.value_or(0) + value;
                    if (value < 0) throw std::runtime_error("negative");
                    return *sum;
                  }));
    summed | leat::output("sums", leat::to::collect(sums));
    summed.errors | leat::map([](failed_record<pair> const& failure) { return leat::text(failure); }) |
        leat::output("errors", leat::to::collect(errors));
    auto several = keyed | leat::or_else(leat::stateful_flat_map("several", [](std::optional<int> sum, int value) {
                     if (value < 0) throw std::runtime_error("negative");
                     int const next = sum.value_or(0) + value;
                     return std::pair(std::optional(next), std::vector{next, -next});
                   }));
    several.down | leat::output("taken", leat::to::collect(taken));
    several.errors | leat::output("dropped", leat::to::for_each([](failed_record<pair> const&) {}));
    shape.run(flow, sums, taken, errors);
    std::sort(errors.begin(), errors.end());
    CHECK(errors == texts{"sums.sum: negative: (a, -5)", "sums.sum: negative: (b, -1)"});
    CHECK(flows::sorted(sums).size() == 4);
    int last_of_a = 0;
    int last_of_b = 0;
    for (auto const& [key, sum] : sums)
      (key == "a" ? last_of_a : last_of_b) = std::max(sum, key == "a" ? last_of_a : last_of_b);
    CHECK(last_of_a == 4);
    CHECK(last_of_b == 6);
    CHECK(flows::sorted(taken).size() == 8);
  });
}

namespace {

/// Cannot be copied when it is a two.
struct brittle {
  explicit brittle(int number) : n(number) {}
  brittle(brittle const& other) : n(other.n) {
    if (n == 2) throw std::runtime_error("it broke");
  }
  brittle(brittle&&) = default;
  brittle& operator=(brittle const&) = default;
  brittle& operator=(brittle&&) = default;
  int n;
};

}  // namespace

TEST_CASE("or_else: a record whose result cannot be kept has failed, although the function caught that") {
  leat::flow flow("brittle");
  std::vector<int> good;
  std::vector<std::string> bad;
  auto [results, errors] =
      flow.input("in", leat::from::range(4)) | leat::or_else(leat::flat_map<brittle>("make", [](int number, auto& out) {
        brittle const fragile(number);
        try {
          out(fragile);
        } catch (std::exception const&) {
        }
      }));
  results | leat::map([](brittle const& whole) { return whole.n; }) | leat::output("good", leat::to::collect(good));
  errors | leat::map([](leat::failed_record<int> const& failure) { return failure.error; }) |
      leat::output("bad", leat::to::collect(bad));
  leat::run(flow);
  CHECK(good == std::vector<int>{0, 1, 3});
  CHECK(bad == std::vector<std::string>{"it broke"});
}

TEST_CASE("or_else: a result that cannot be made goes to the errors, though the function caught that") {
  using pair = std::pair<std::string, int>;
  struct picky {
    picky(int number) : kept(number == 2 ? throw std::runtime_error("two") : number) {}
    int kept;
  };
  std::vector<int> results;
  std::vector<failed_record<pair>> errors;
  leat::flow flow("making");
  auto [down, failures] = flow.input("in", leat::from::iterable(std::vector<pair>{{"a", 1}, {"a", 2}, {"a", 3}})) |
                          leat::or_else(leat::flat_map_value<picky>("make", [](int value, auto& out) {
                            try {
                              out(value);
                            } catch (...) {
                            }
                          }));
  down | leat::map([](std::pair<std::string, picky> const& record) { return record.second.kept; }) |
      leat::output("out", leat::to::collect(results));
  failures | leat::output("errors", leat::to::collect(errors));
  leat::run(flow);
  CHECK(results == std::vector{1, 3});
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].record == pair{"a", 2});
}

TEST_CASE("or_else: what was wrong with the first record is told without what would control a terminal") {
  auto const told = flows::printed(
      [] {
        leat::detail::failure_count count("flow.parse");
        count.add("no number: \x1b[2J");
        count.add("another");
      },
      stderr);
  CHECK(told == "leat: step \"flow.parse\" sent 2 records to its errors; the first: no number: \\x1b[2J\n");
}

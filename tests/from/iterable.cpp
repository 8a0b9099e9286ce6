// SPDX-License-Identifier: BSL-1.0
#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/run/run.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "scratch.hpp"

#include <doctest/doctest.h>

#include <array>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

template <class Source>
auto run_of(Source source, unsigned workers) {
  std::vector<typename Source::record> seen;
  leat::flow flow("iterable");
  flow.input("in", source) | leat::output("out", leat::to::collect(seen));
  leat::run(flow, {.workers = workers});
  leat::run(flow, {.workers = workers});
  return seen;
}

}  // namespace

TEST_CASE("the elements of containers of every kind, in their order, in each run") {
  for (unsigned const workers : {1u, 4u}) {
    CHECK(run_of(leat::from::iterable(std::vector<std::string>{"b", "a"}), workers) ==
          std::vector<std::string>{"b", "a", "b", "a"});
    CHECK(run_of(leat::from::iterable({1, 2}), workers) == std::vector<int>{1, 2, 1, 2});
    CHECK(run_of(leat::from::iterable(std::list<int>{3, 1}), workers) == std::vector<int>{3, 1, 3, 1});
    CHECK(run_of(leat::from::iterable(std::set<int>{3, 1}), workers) == std::vector<int>{1, 3, 1, 3});
    CHECK(run_of(leat::from::iterable(std::array<double, 1>{0.5}), workers) == std::vector<double>{0.5, 0.5});
    CHECK(run_of(leat::from::iterable(std::vector<bool>{true, false}), workers).size() == 4);
    CHECK(run_of(leat::from::iterable(std::vector<int>{}), workers).empty());
    CHECK(run_of(leat::from::iterable(std::list<int>{}), workers).empty());
    CHECK(run_of(leat::from::iterable(std::map<std::string, int>{{"k", 1}}), workers).front() ==
          std::pair<std::string, int>("k", 1));
  }
}

TEST_CASE("an iterable is resumed by index") {
  std::vector<int> numbers(5000);
  for (int i = 0; i != 5000; ++i) numbers[static_cast<std::size_t>(i)] = i * i;
  auto check = [&](auto const& source) {
    polled whole(source);
    auto const first = whole.next();
    REQUIRE(first.size() == 2048);
    polled rest(source, "", whole.partition.snapshot());
    CHECK(rest.next().front() == 2048 * 2048);
    CHECK(rest.rest().size() == 5000 - 4096);
    CHECK(rest.partition.snapshot() == 5000);
    CHECK(polled(source, "", rest.partition.snapshot()).rest().empty());
  };
  check(leat::from::iterable(numbers));
  check(leat::from::iterable(std::list<int>(numbers.begin(), numbers.end())));
}

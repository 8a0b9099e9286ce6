// SPDX-License-Identifier: BSL-1.0
#include <leat/from/iterable.hpp>
#include <leat/op/async_map.hpp>
#include <leat/state/collect.hpp>
#include <leat/testing.hpp>
#include <leat/to/out.hpp>

#include "state/keyed.hpp"

#include <chrono>
#include <string>
#include <vector>

using keyed::pairs;
using namespace std::chrono_literals;

namespace {

using lists = pairs<std::string, std::vector<int>>;

template <class Step>
leat::flow collecting(Step step) {
  leat::flow flow("collecting");
  flow.input("in", leat::from::iterable(pairs<std::string, int>{})) | std::move(step) |
      leat::output("out", leat::to::out());
  return flow;
}

leat::task<std::size_t> size_after_a_minute(std::pair<std::string, std::vector<int>> list) {
  co_await leat::sleep(1min);
  co_return list.second.size();
}

}  // namespace

TEST_CASE("collect passes on lists of a size, and the rest at the end") {
  pairs<std::string, int> ten;
  for (int i = 0; i != 10; ++i) ten.emplace_back("k", i);
  ten.emplace_back("other", 1);
  keyed::check(
      ten, [] { return leat::collect("threes", leat::inactive_for(1h), 3); },
      lists{{"k", {0, 1, 2}}, {"k", {3, 4, 5}}, {"k", {6, 7, 8}}, {"k", {9}}, {"other", {1}}});
}

TEST_CASE("inactive_for is put off by every value") {
  leat::flow const flow = collecting(leat::collect("c", leat::inactive_for(10s), 100));
  leat::test::cluster c{flow, leat::test::seed(1), {.workers = 2}};
  for (int i = 0; i != 5; ++i) c.feed("in", pairs<std::string, int>{{"k", i}}).advance(6s);
  CHECK(c.of<std::pair<std::string, std::vector<int>>>("out").empty());
  c.advance(5s);
  CHECK(c.of<std::pair<std::string, std::vector<int>>>("out") == lists{{"k", {0, 1, 2, 3, 4}}});
}

TEST_CASE("max_age is not put off") {
  leat::flow const flow = collecting(leat::collect("c", leat::max_age(10s), 100));
  leat::test::cluster c{flow, leat::test::seed(1), {.workers = 2}};
  for (int i = 0; i != 4; ++i) c.feed("in", pairs<std::string, int>{{"k", i}}).advance(6s);
  CHECK(c.of<std::pair<std::string, std::vector<int>>>("out") == lists{{"k", {0, 1}}, {"k", {2, 3}}});
}

TEST_CASE("a time that comes while the next step has no room waits for room") {
  leat::flow flow("slow");
  flow.input("in", leat::from::iterable(pairs<std::string, int>{})) | leat::collect("c", leat::max_age(10s), 100) |
      leat::async_map("size", size_after_a_minute, leat::in_flight(1)) | leat::output("out", leat::to::out());
  leat::test::cluster c{flow, leat::test::seed(1)};
  c.feed("in", pairs<std::string, int>{{"a", 1}, {"a", 2}}).advance(5s);
  c.feed("in", pairs<std::string, int>{{"b", 3}}).advance(60s);
  CHECK(c.of<std::size_t>("out").empty());
  c.advance(10s);
  CHECK(c.of<std::size_t>("out") == std::vector<std::size_t>{2});
  c.advance(60s);
  CHECK(c.of<std::size_t>("out") == std::vector<std::size_t>{2, 1});
}

TEST_CASE("with both limits the nearer one counts") {
  leat::flow const flow = collecting(leat::collect("c", leat::inactive_for(4s), leat::max_age(10s), 100));
  leat::test::cluster c{flow, leat::test::seed(1)};
  for (int i = 0; i != 4; ++i) c.feed("in", pairs<std::string, int>{{"k", i}}).advance(3s);
  CHECK(c.of<std::pair<std::string, std::vector<int>>>("out") == lists{{"k", {0, 1, 2, 3}}});
  c.feed("in", pairs<std::string, int>{{"k", 9}}).advance(5s);
  CHECK(c.of<std::pair<std::string, std::vector<int>>>("out") == lists{{"k", {0, 1, 2, 3}}, {"k", {9}}});
}

TEST_CASE("a list that is full does not fire its old time") {
  leat::flow const flow = collecting(leat::collect("c", leat::max_age(10s), 2));
  leat::test::cluster c{flow, leat::test::seed(1)};
  c.feed("in", pairs<std::string, int>{{"k", 1}, {"k", 2}}).advance(5s);
  c.feed("in", pairs<std::string, int>{{"k", 3}}).advance(7s);
  CHECK(c.of<std::pair<std::string, std::vector<int>>>("out") == lists{{"k", {1, 2}}});
  c.advance(5s);
  CHECK(c.of<std::pair<std::string, std::vector<int>>>("out") == lists{{"k", {1, 2}}, {"k", {3}}});
}

TEST_CASE("collect refuses a size of none") {
  CHECK_THROWS_WITH_AS(leat::collect("c", leat::max_age(1s), 0), doctest::Contains("size of at least 1"),
                       leat::flow_error);
}

// SPDX-License-Identifier: BSL-1.0
#include "op/printed.hpp"
#include "time/windows.hpp"

#include <leat/from/iterable.hpp>
#include <leat/op/map.hpp>
#include <leat/testing.hpp>
#include <leat/to/out.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// What users of other systems have reported, as far as a clock by key can show it.

using windows::all;
using windows::at;
using windows::check;
using windows::dated;
using windows::input;
using windows::t0;
using namespace std::chrono_literals;

namespace {

using number = dated<int>;
using numbers = std::vector<number>;

auto collected(std::chrono::duration<double> late, auto windower, auto... options) {
  return leat::collect_window("collect", windows::event_clock<int>(late), windower, options...);
}

}  // namespace

TEST_CASE("8: one record two hours ahead and one two days ahead make nobody else late") {
  // By the worker's wall clock, which the records are dated by.
  leat::flow flow("live");
  auto const streams =
      flow.input("in", leat::from::iterable(std::vector<std::pair<std::string, std::pair<leat::moment, int>>>())) |
      leat::collect_window(
          "w", leat::event_clock([](std::pair<leat::moment, int> const& v) { return v.first; }, leat::late_by(30s)),
          leat::tumbling(1min));
  streams.down | leat::output("down", leat::to::out());
  streams.late | leat::output("late", leat::to::out());
  leat::test::cluster c{flow, leat::test::seed(1), {.workers = 2}};
  using record = std::pair<std::string, std::pair<leat::moment, int>>;
  leat::moment const now = leat::moment_of(c.wall());
  c.feed("in", std::vector<record>{{"k", {now, 0}}, {"k", {now + 2h, 1}}, {"k", {now + 48h, 2}}});
  for (int i = 1; i != 11; ++i) {
    c.advance(1min);
    c.feed("in", std::vector<record>{{"k", {leat::moment_of(c.wall()), 2 + i}}});
  }
  c.finish();
  using missed = std::pair<std::string, leat::late<std::pair<leat::moment, int>>>;
  auto const late = c.of<missed>("late");
  REQUIRE(late.size() == 1);
  CHECK(late[0].second.why == leat::late_reason::ahead);
  CHECK(late[0].second.value.second == 2);
  using result = std::pair<std::string, leat::in_window<std::vector<std::pair<leat::moment, int>>>>;
  std::size_t counted = 0;
  for (auto const& each : c.of<result>("down")) counted += each.second.value.size();
  CHECK(counted == 12);
  CHECK(c.of<result>("down").back().second.value.front().second == 1);  // it has a window of its own
}

TEST_CASE("10: a record behind the close of its window is late, and gives no second, smaller result") {
  check<numbers>(
      all<int>({{0, 1}, {3, 2}, {12, 3}, {4, 4}, {14, 5}, {25, 6}}),
      [] { return collected(0s, leat::tumbling(10s, t0)); },
      {{"0: [1, 2]", "1: [3, 5]", "2: [6] at the end"}, {"0: 4"}, {"0: [0, 10]", "1: [10, 20]", "2: [20, 30]"}});
}

TEST_CASE("11: late records that nobody reads are counted, and told of in one line at the end") {
  auto const records = all<int>({{20, 1}, {3, 2}, {4, 3}, {30, 4}, {5, 5}});
  auto const told = [&](auto const& given) {
    leat::flow flow("flow");
    std::vector<std::pair<std::string, leat::in_window<numbers>>> down;
    flow.input("in", leat::from::iterable(given)) | collected(0s, leat::sliding(10s, 5s, t0)) |
        leat::output("out", leat::to::collect(down));
    return flows::printed([&] { leat::run(flow); }, stderr);
  };
  CHECK(
      told(records) ==
      "leat: step \"flow.collect\" left records out: 3 came too late; its stream late would have had them, and nothing "
      "reads it\n");
  CHECK(
      told(all<int>({{20, 1}, {3, 2}})) ==
      "leat: step \"flow.collect\" left records out: 1 came too late; its stream late would have had them, and nothing "
      "reads it\n");
  CHECK(told(all<int>({{20, 1}})).empty());
}

TEST_CASE("nothing is left of keys whose windows have closed and whose clocks are not needed") {
  leat::flow flow("flow");
  std::vector<std::pair<std::string, int>> given;
  for (int i = 0; i != 3000; ++i) given.emplace_back(std::to_string(i), i);
  std::vector<std::pair<std::string, leat::in_window<std::vector<int>>>> down;
  flow.input("in", leat::from::iterable(given)) |
      leat::collect_window("w", leat::event_clock([](int t) { return std::chrono::seconds(t); }, leat::late_by(0s)),
                           leat::session(10s)) |
      leat::output("out", leat::to::collect(down));
  leat::options options;
  options.workers = 2;
  std::uint64_t keys = 1;
  options.on_stats = [&](leat::run_stats const& last) {
    keys = 0;
    for (auto const& step : last.steps) keys += step.keys;
  };
  leat::run(flow, options);
  CHECK(down.size() == 3000);
  CHECK(keys == 0);
}

TEST_CASE("13: a record within the wait is in the result, also behind one that is past the close") {
  check<numbers>(all<int>({{3, 1}, {12, 2}, {8, 3}, {16, 4}}), [] { return collected(5s, leat::tumbling(10s, t0)); },
                 {{"0: [1, 3]", "1: [2, 4] at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("15: maxima of counts: no count is late at the second step") {
  // Sparse: minutes without any record.
  input<int> sparse;
  for (int minute : {0, 1, 2, 9, 10, 40, 41})
    for (int i = 0; i != 1 + minute % 3; ++i) sparse.push_back({"k", {minute * 60.0 + i, i}});
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    std::vector<std::pair<std::string, leat::in_window<std::pair<leat::moment, std::uint64_t>>>> greatest;
    std::vector<std::pair<std::string, leat::late<std::pair<leat::moment, std::uint64_t>>>> late;
    leat::flow flow("counts");
    auto const counts = flow.input("in", leat::test::one_at_a_time(sparse)) |
                        leat::fold_window(
                            "per minute", windows::event_clock<int>(0s), leat::tumbling(1min, t0),
                            [] { return std::uint64_t{0}; }, [](std::uint64_t n, number const&) { return n + 1; });
    auto const maxima =
        counts |
        leat::map("dated count",
                  [](auto const& count) {
                    return std::pair(count.first, std::pair(count.second.at(), count.second.value));
                  }) |
        leat::max_window(
            "per ten minutes",
            leat::event_clock([](std::pair<leat::moment, std::uint64_t> const& count) { return count.first; },
                              leat::late_by(0s)),
            leat::tumbling(10min, t0),
            [](std::pair<leat::moment, std::uint64_t> const& count) { return count.second; });
    maxima.down | leat::output("greatest", leat::to::collect(greatest));
    maxima.late | leat::output("late", leat::to::collect(late));
    shape.run(flow, greatest, late);
    CHECK(late.empty());
    std::vector<std::pair<leat::window_id, std::uint64_t>> found;
    for (auto const& [key, result] : greatest) found.emplace_back(result.id, result.value.second);
    CHECK(found == std::vector<std::pair<leat::window_id, std::uint64_t>>{{0, 3}, {1, 2}, {4, 3}});
  });
}

TEST_CASE("17: a late record does not come into the next session") {
  check<numbers>(all<int>({{0, 1}, {10, 2}, {16, 3}, {30, 4}, {12, 5}}),
                 [] { return collected(0s, leat::session(10s), leat::unordered); },
                 {{"0s: [1, 2, 3]", "30s: [4] at the end"}, {"-1: 5"}, {"0s: [0, 16]", "30s: [30, 30]"}});
}

TEST_CASE("18: another key's time closes no session of this key") {
  check<numbers>(input<int>{{"a", {0, 1}}, {"b", {14, 2}}, {"a", {10, 3}}, {"b", {30, 4}}, {"a", {26, 5}}},
                 [] { return collected(5s, leat::session(10s)); },
                 {{"a 0s: [1, 3]", "a 26s: [5] at the end", "b 14s: [2]", "b 30s: [4] at the end"},
                  {},
                  {"a 0s: [0, 10]", "a 26s: [26, 26]", "b 14s: [14, 14]", "b 30s: [30, 30]"}});
}

TEST_CASE("22: times before 1970 are in the windows that they fall into") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<std::pair<std::string, leat::in_window<std::vector<int>>>> down;
    std::vector<std::pair<std::string, int>> const given{{"k", -2}, {"k", -1}, {"k", 0}, {"k", 4}};
    leat::flow flow("before");
    flow.input("in", leat::test::one_at_a_time(given)) |
        leat::collect_window("w", leat::event_clock([](int t) { return std::chrono::seconds(t); }, leat::late_by(0s)),
                             leat::tumbling(5s)) |
        leat::output("out", leat::to::collect(down));
    shape.run(flow, down);
    REQUIRE(down.size() == 2);
    CHECK(leat::text(down[0].second) == "window -1 (1969-12-31T23:59:55Z to 1970-01-01T00:00:00Z, on time): [-2, -1]");
    CHECK(down[1].second.value == std::vector<int>{0, 4});
  });
}

TEST_CASE("24: a step says where it is when its numbers are wrong") {
  CHECK_THROWS_WITH_AS(collected(0s, leat::sliding(10'000'000s, 1s)), doctest::Contains("collect_window \"collect\" ("),
                       leat::flow_error);
  CHECK_THROWS_WITH_AS(collected(0s, leat::sliding(10'000'000s, 1s)), doctest::Contains("10000000 windows"),
                       leat::flow_error);
  CHECK_THROWS_WITH_AS(collected(-1s, leat::tumbling(1s)), doctest::Contains("late_by is negative"), leat::flow_error);
  CHECK_THROWS_WITH_AS(leat::collect_window("n", leat::counting(0)), doctest::Contains("at least 1 value"),
                       leat::flow_error);
  CHECK_THROWS_WITH_AS(
      leat::collect_window("o", leat::event_clock(&number::time, leat::late_by(0s), leat::while_open()),
                           leat::sliding(10s, 5s)),
      doctest::Contains("while_open is for steps that are leat::unordered"), leat::flow_error);
}

TEST_CASE("31: results say from when to when their window is, and a time in it") {
  leat::in_window<int> const result{0, at(0), at(10), leat::window_reason::on_time, 7};
  CHECK(result.at() == at(10) - 1ns);
  CHECK(leat::text(result) == "window 0 (2022-01-08T00:00:00Z to 2022-01-08T00:00:10Z, on time): 7");
}

TEST_CASE("34: jitter of a millisecond is late where no wait is granted, and windows go on") {
  check<numbers>(all<int>({{1, 1}, {2, 2}, {1.999, 3}, {3, 4}, {2.999, 5}, {10, 6}}),
                 [] { return collected(0s, leat::tumbling(10s, t0)); },
                 {{"0: [1, 2, 4]", "1: [6] at the end"}, {"0: 3", "0: 5"}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("windows of so many values need no clock") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<std::pair<std::string, leat::in_window<std::vector<int>>>> down;
    std::vector<std::pair<std::string, int>> given;
    for (int i = 0; i != 7; ++i) given.emplace_back("k", i);
    leat::flow flow("counting");
    flow.input("in", leat::test::one_at_a_time(given)) | leat::collect_window("w", leat::counting(3)) |
        leat::output("out", leat::to::collect(down));
    shape.run(flow, down);
    std::vector<std::string> lines;
    for (auto const& each : down) lines.push_back(windows::line(each.second));
    CHECK(lines == std::vector<std::string>{"0: [0, 1, 2]", "3: [3, 4, 5]", "6: [6] at the end"});
  });
}

TEST_CASE("values are collected into what is asked for") {
  input<std::pair<int, int>> const given = all<std::pair<int, int>>({{0, {1, 1}}, {1, {2, 2}}, {2, {1, 3}}});
  std::vector<std::pair<std::string, std::pair<int, int>>> pairs;
  for (auto const& [key, value] : given) pairs.emplace_back(key, value.value);
  std::vector<std::pair<std::string, leat::in_window<std::map<int, int>>>> map;
  std::vector<std::pair<std::string, leat::in_window<std::set<std::pair<int, int>>>>> set;
  leat::flow flow("into");
  leat::stream const in = flow.input("in", leat::from::iterable(pairs));
  in | leat::collect_window("map", leat::counting(3), leat::into<std::map<int, int>>) |
      leat::output("maps", leat::to::collect(map));
  in | leat::collect_window("set", leat::counting(3), leat::into<std::set<std::pair<int, int>>>) |
      leat::output("sets", leat::to::collect(set));
  leat::run(flow);
  REQUIRE(map.size() == 1);
  CHECK(map[0].second.value == std::map<int, int>{{1, 3}, {2, 2}});
  CHECK(set[0].second.value.size() == 3);
}

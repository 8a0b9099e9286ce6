// SPDX-License-Identifier: BSL-1.0
#include "time/windows.hpp"

#include <leat/from/iterable.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/run/run.hpp>
#include <leat/testing.hpp>
#include <leat/to/out.hpp>

#include "time/lanes.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Windows that go by the time of their stream.

using windows::all;
using windows::at;
using windows::by_key;
using windows::check;
using windows::dated;
using windows::input;
using windows::t0;
using namespace std::chrono_literals;

namespace {

using number = dated<int>;
using numbers = std::vector<number>;

/// As if `event_time` stood before the step.
auto clock_of_stream(std::chrono::duration<double> late) {
  return leat::stream_clock(&number::time, leat::late_by(late));
}
auto collected(std::chrono::duration<double> late, auto windower, auto... options) {
  return leat::collect_window("collect", clock_of_stream(late), windower, options...);
}

}  // namespace

TEST_CASE("stream_clock: where there is one key, and its records are the stream, it is as with a clock by key") {
  check<numbers>(
      all<int>({{0, 1}, {3, 2}, {12, 3}, {4, 4}, {14, 5}, {25, 6}}),
      [] { return collected(0s, leat::tumbling(10s, t0)); },
      {{"0: [1, 2]", "1: [3, 5]", "2: [6] at the end"}, {"0: 4"}, {"0: [0, 10]", "1: [10, 20]", "2: [20, 30]"}});
  // 57
  check<numbers>(all<int>({{1, 1}, {4, 2}, {8, 3}, {12, 4}, {13, 5}, {14, 6}, {16, 7}, {1, 8}}),
                 [] { return collected(0s, leat::sliding(10s, 5s, t0)); },
                 {{"-1: [1, 2]", "0: [1, 2, 3]", "1: [3, 4, 5, 6]", "2: [4, 5, 6, 7] at the end", "3: [7] at the end"},
                  {"-1: 8", "0: 8"},
                  {"-1: [-5, 5]", "0: [0, 10]", "1: [5, 15]", "2: [10, 20]", "3: [15, 25]"}});
  // 69
  check<numbers>(all<int>({{0, 0}, {5, 5}, {3, 3}, {2.9, 29}}), [] { return collected(2s, leat::tumbling(10s, t0)); },
                 {{"0: [0, 3, 5] at the end"}, {"0: 29"}, {"0: [0, 10]"}});
  // 71
  check<numbers>(all<int>({{4, 4}, {2, 2}, {1, 1}, {8, 8}}),
                 [] { return collected(5s, leat::tumbling(10s, t0), leat::unordered); },
                 {{"0: [4, 2, 1, 8] at the end"}, {}, {"0: [0, 10]"}});
}

TEST_CASE("stream_clock: sessions are merged and told, and what is late for them has no window") {
  // 75
  check<numbers>(all<int>({{0, 1}, {20, 2}, {10, 3}}),
                 [] { return collected(100s, leat::session(10s), leat::unordered); },
                 {{"0s: [1, 3, 2] at the end"}, {}, {"0s: [0, 20] +20s"}});
  // 17
  check<numbers>(all<int>({{0, 1}, {10, 2}, {16, 3}, {30, 4}, {12, 5}}),
                 [] { return collected(0s, leat::session(10s), leat::unordered); },
                 {{"0s: [1, 2, 3]", "30s: [4] at the end"}, {"-1: 5"}, {"0s: [0, 16]", "30s: [30, 30]"}});
}

TEST_CASE("18: with the clock of the stream another key's time closes a session, once the bound is behind its gap") {
  check<numbers>(input<int>{{"a", {0, 1}}, {"b", {14, 2}}, {"a", {10, 3}}, {"b", {25, 4}}, {"b", {30, 5}}},
                 [] { return collected(5s, leat::session(10s)); },
                 {{"a 0s: [1, 3]", "b 14s: [2]", "b 25s: [4, 5] at the end"},
                  {},
                  {"a 0s: [0, 10]", "b 14s: [14, 14]", "b 25s: [25, 30]"}});
}

TEST_CASE("stream_clock: a stream that nothing has dated is refused, and so is one that is dated in part") {
  auto const windows_of_stream = [] {
    return leat::collect_window("w", leat::stream_clock(&number::time), leat::tumbling(10s));
  };
  leat::flow flow("f");
  leat::stream const plain = flow.input("in", leat::from::iterable(all<int>({{0, 1}})));
  CHECK_THROWS_WITH_AS(plain | windows_of_stream(), doctest::Contains("collect_window \"w\" ("), leat::flow_error);
  leat::flow other("g");
  leat::stream const undated = other.input("undated", leat::from::iterable(all<int>({{0, 1}})));
  auto const of_pair = [](std::pair<std::string, number> const& record) { return record.second.time(); };
  auto const timed = other.input("dated", leat::from::iterable(all<int>({{0, 1}}))) |
                     leat::event_time("time", of_pair, leat::late_by(1s));
  CHECK_THROWS_WITH_AS(leat::merge("both", undated, timed.down) | windows_of_stream(),
                       doctest::Contains("records of input \"g.undated\" are not"), leat::flow_error);
}

namespace {

/// Partitions of dated values of a few keys, a record for each second that is named.
using leat::test::burst;
using leat::test::seed;
using leat::test::timed_partitions;

std::pair<std::string, int> keyed(int second) { return {second % 2 == 0 ? "even" : "odd", second}; }
std::chrono::seconds seconds_of(int second) { return std::chrono::seconds(second); }
using results = std::vector<std::pair<std::string, leat::in_window<std::vector<int>>>>;

/// As lines: key, id, values and why.
std::vector<std::string> lines_of(results const& found) {
  std::vector<std::string> lines;
  for (auto const& [key, result] : found) lines.push_back(key + " " + windows::line(result));
  return lines;
}

template <class Clock>
void describe(leat::flow& flow, std::vector<std::vector<burst>> partitions, Clock clock) {
  auto const streams = flow.input("in", timed_partitions(std::move(partitions))) | leat::map("keyed", &keyed) |
                       leat::collect_window("w", clock, leat::tumbling(10s), leat::unordered);
  streams.down | leat::output("down", leat::to::out());
}
auto waits(std::chrono::seconds late) { return leat::stream_clock(&seconds_of, leat::late_by(late)); }

std::vector<std::string> so_far(leat::test::cluster const& c) {
  auto lines = lines_of(c.of<results::value_type>("down"));
  std::sort(lines.begin(), lines.end());
  return lines;
}
using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("1: a partition that never brings anything holds the windows of the others up until it is idle") {
  leat::flow flow("f");
  describe(flow, {{{0s, {2, 4, 30}}, {1h, {}}}, {{2h, {}}}},
           leat::stream_clock(&seconds_of, leat::late_by(0s), leat::idle_after(20s)));
  leat::test::cluster c(flow, seed(1), {.workers = 2});
  c.keep("in").advance(15s);
  CHECK(so_far(c).empty());
  c.advance(6s);  // then its own time is that of the last record, and the time since
  CHECK(so_far(c) == lines{"even 0: [2, 4]", "even 3: [30]"});
}

TEST_CASE("2: the windows are the same when all values are in one of three partitions, and in one alone") {
  std::vector<burst> const values{{0s, {2, 4, 13, 8, 22, 7, 31}}};
  auto const of = [&](std::vector<std::vector<burst>> partitions, unsigned workers) {
    leat::flow flow("f");
    describe(flow, std::move(partitions), waits(5s));
    leat::test::cluster c(flow, seed(2), {.workers = workers});
    c.keep("in").finish();
    CHECK(c.late("w") == 1);
    return so_far(c);
  };
  CHECK(of({values}, 1) ==
        lines{"even 0: [2, 4, 8]", "even 2: [22] at the end", "odd 1: [13]", "odd 3: [31] at the end"});
  CHECK(of({values}, 4) == of({values}, 1));
  CHECK(of({{}, values, {}}, 1) == of({values}, 1));
  CHECK(of({{}, values, {}}, 4) == of({values}, 1));
}

TEST_CASE("6: a stream that goes silent in the middle of a window gives its result when the rest of it has passed") {
  auto const check = [](auto clock) {
    leat::flow flow("f");
    describe(flow, {{{0s, {2, 4}}, {1h, {}}}}, clock);
    leat::test::cluster c(flow, seed(3), {.workers = 2});
    c.keep("in").advance(9s);
    CHECK(so_far(c).empty());
    c.advance(2s);  // 10 s, and 5 s of waiting, less the 4 s of the last value
    CHECK(so_far(c) == lines{"even 0: [2, 4]"});
  };
  check(waits(5s));
  check(leat::event_clock(&seconds_of, leat::late_by(5s)));
}

TEST_CASE("14: a stream that is dated before the step waits as long as is said there, once") {
  leat::flow flow("f");
  auto const streams = flow.input("in", timed_partitions({{{0s, {2, 14}}, {1s, {15}}, {1h, {}}}})) |
                       leat::event_time("time", &seconds_of, leat::late_by(5s), leat::data_only()) |
                       leat::map("keyed", &keyed) |
                       leat::collect_window("w", leat::stream_clock(&seconds_of), leat::tumbling(10s));
  streams.down | leat::output("down", leat::to::out());
  leat::test::cluster c(flow, seed(4), {.workers = 2});
  c.keep("in").advance(0s);
  CHECK(so_far(c).empty());
  CHECK(c.watermark("w") == leat::moment(9s));
  c.advance(1s);
  CHECK(so_far(c) == lines{"even 0: [2]"});
  CHECK(c.watermark("w") == leat::moment(10s));
}

TEST_CASE("15: counts are windows of a second step, by the same time: none of them is late") {
  std::vector<int> sparse;
  for (int const minute : {0, 1, 2, 9, 10, 40, 41})
    for (int i = 0; i != 1 + minute % 3; ++i) sparse.push_back(minute * 60 + 2 * i);
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    using count = leat::in_window<std::uint64_t>;
    std::vector<std::pair<std::string, leat::in_window<count>>> greatest;
    std::vector<std::pair<std::string, leat::late<count>>> late;
    leat::flow flow("counts");
    auto const maxima =
        flow.input("in", leat::test::one_at_a_time(sparse)) | leat::event_time("time", &seconds_of, leat::late_by(0s)) |
        leat::count_window("per minute", leat::stream_clock(&seconds_of), leat::tumbling(1min),
                           [](int second) { return keyed(second).first; }) |
        leat::max_window("per ten minutes", leat::stream_clock(&count::at), leat::tumbling(10min), &count::value);
    maxima.down | leat::output("greatest", leat::to::collect(greatest));
    maxima.late | leat::output("late", leat::to::collect(late));
    shape.run(flow, greatest, late);
    CHECK(leat::text(late) == "[]");
    std::vector<std::pair<leat::window_id, std::uint64_t>> found;
    for (auto const& [key, result] : greatest) found.emplace_back(result.id, result.value.value);
    CHECK(leat::text(found) == "[(0, 3), (1, 2), (4, 3)]");
  });
}

TEST_CASE("stream_clock: nothing is left of keys once the time of the stream has passed their windows") {
  leat::flow flow("f");
  std::vector<int> many;
  for (int i = 0; i != 3000; ++i) many.push_back(5);
  std::vector<std::pair<int, leat::in_window<std::vector<int>>>> down;
  flow.input("in", timed_partitions({{{0s, many}, {1s, {3600}}, {1h, {}}}})) |
      leat::event_time("time", &seconds_of, leat::late_by(0s), leat::data_only()) |
      leat::key_on("key", [n = 0](int) mutable { return n++; }) |
      leat::collect_window("w", leat::stream_clock(&seconds_of), leat::tumbling(10s)) |
      leat::output("down", leat::to::collect(down));
  leat::detail::simulation simulation;
  simulation.longest_turn = 0ns;
  leat::detail::simulated_cluster cluster(flow.description(), simulation);
  auto const keys = [&] {
    std::uint64_t sum = 0;
    for (auto const& step : leat::detail::stats_of(cluster.process(0), flow.description()).steps) sum += step.keys;
    return sum;
  };
  cluster.begin();
  cluster.world().advance(500ms);
  CHECK(keys() == 3000);
  cluster.world().advance(1s);
  CHECK(down.size() == 3000);
  CHECK(keys() == 1);  // of the value whose window is open
}

TEST_CASE(
    "stream_clock: a batch may have values of many windows, in any order: each window has its own, as they came") {
  // So many windows that a batch has one or two values of each, and so few that neighbours come in turn.
  for (int const span : {1000, 40}) {
    CAPTURE(span);
    std::vector<int> many;
    for (int i = 0; i != 1000; ++i) many.push_back(i * 387 % span);
    results down;
    leat::flow flow("f");
    flow.input("in", leat::from::iterable(many)) | leat::map("keyed", &keyed) |
        leat::collect_window("w", leat::stream_clock(&seconds_of, leat::late_by(leat::forever)),
                             leat::sliding(20s, 10s), leat::unordered) |
        leat::output("down", leat::to::collect(down));
    leat::run(flow);
    CHECK(down.size() == 2 * (static_cast<std::size_t>(span) / 10 + 1));
    leat::window_id last = -1;
    for (auto const& [key, result] : down) {
      std::vector<int> expected;
      for (int const second : many)
        if (keyed(second).first == key && leat::moment(seconds_of(second)) >= result.open &&
            leat::moment(seconds_of(second)) < result.close)
          expected.push_back(second);
      CHECK(result.value == expected);
      CHECK(result.why == leat::window_reason::at_end);
      CHECK(result.id >= last);  // the earliest window first
      last = result.id;
    }
  }
}

TEST_CASE("stream_clock: a value without a time is in no window, also where that has no beginning") {
  std::vector<int> many;
  for (int i = 0; i != 20'000; ++i) many.push_back(i);
  results down;
  std::vector<std::pair<std::string, leat::late<int>>> late;
  leat::flow flow("f");
  auto const of_some = [](int second) { return second % 10 == 3 ? std::nullopt : std::optional(seconds_of(second)); };
  auto const windows = flow.input("in", leat::from::iterable(many)) |
                       leat::event_time("time", &seconds_of, leat::late_by(0s)) | leat::map("keyed", &keyed) |
                       leat::collect_window("w", leat::stream_clock(of_some), leat::everything(), leat::unordered);
  windows.down | leat::output("down", leat::to::collect(down));
  windows.late | leat::output("late", leat::to::collect(late));
  leat::run(flow);
  CHECK(late.size() == 2000);
  REQUIRE(down.size() == 2);
  CHECK(down[0].second.value.size() == 10'000);
  CHECK(down[1].second.value.size() == 8'000);
}

namespace {

/// Windows of ten seconds, but for a mistake of its author: they open a second too late.
struct mistaken_windower {
  leat::tumbling right{10s};
  leat::window_id first_of(leat::moment t) const { return right.first_of(t); }
  leat::window_id last_of(leat::moment t) const { return right.last_of(t); }
  leat::window_bounds bounds(leat::window_id id) const {
    leat::window_bounds const all = right.bounds(id);
    return {leat::moment_plus(all.open, 1s), all.close};
  }
};

}  // namespace

TEST_CASE("stream_clock: a value lies in the windows that its windower says, whatever their bounds are") {
  std::vector<int> many;
  for (int i = 0; i != 200; ++i) many.push_back(i * 37 % 200);
  results down;
  leat::flow flow("f");
  flow.input("in", leat::from::iterable(many)) | leat::map("keyed", &keyed) |
      leat::collect_window("w", leat::stream_clock(&seconds_of, leat::late_by(leat::forever)), mistaken_windower(),
                           leat::unordered) |
      leat::output("down", leat::to::collect(down));
  leat::run(flow);
  CHECK(down.size() == 2 * 20);
  for (auto const& [key, result] : down) {
    CHECK(result.value.size() == 5);
    for (int const second : result.value) CHECK(second / 10 == result.id);
  }
}

TEST_CASE("wall_clock: values are in the windows of the times at which they come, which close by the wall") {
  leat::flow flow("f");
  auto const per_minute = flow.input("in", leat::from::iterable(std::vector<int>())) | leat::map("keyed", &keyed) |
                          leat::collect_window("w", leat::wall_clock(), leat::tumbling(1min));
  per_minute.down | leat::output("down", leat::to::out());
  per_minute.late | leat::output("late", leat::to::out());
  flow.input("too", leat::from::iterable(std::vector<int>())) |
      leat::count_window("n", leat::wall_clock(), leat::tumbling(1min), [](int) { return std::string("k"); }) |
      leat::output("counts", leat::to::out());
  leat::test::cluster c(flow, seed(5), {.workers = 2});
  c.input<int>("in").input<int>("too");
  auto const into_minute = leat::moment_of(c.wall()).time_since_epoch() % 1min;
  c.advance(1min - into_minute);
  c.feed("in", {2, 3, 4}).feed("too", {1, 2}).advance(30s);
  c.feed("in", {6}).advance(29s);
  CHECK(so_far(c).empty());
  c.advance(2s);  // without another record
  std::vector<std::vector<int>> found;
  for (auto const& [key, result] : c.of<results::value_type>("down")) {
    found.push_back(result.value);
    CHECK(result.why == leat::window_reason::on_time);
  }
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::vector<int>>{{2, 4, 6}, {3}});
  auto const counts = c.of<std::pair<std::string, leat::in_window<std::uint64_t>>>("counts");
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].second.value == 2);
  c.feed("in", {8}).finish();
  CHECK(c.of<results::value_type>("down").back().second.why == leat::window_reason::at_end);
  CHECK(c.late("w") == 0);
}

// SPDX-License-Identifier: BSL-1.0
#include "time/windows.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// Results of windows that have not closed, on all shapes.

using windows::all;
using windows::both;
using windows::check;
using windows::dated;
using windows::input;
using windows::joined;
using windows::letter;
using windows::none;
using windows::t0;
using namespace std::chrono_literals;

namespace {

auto folded(std::chrono::duration<double> late, auto windower, auto... options) {
  return leat::fold_window("fold", windows::event_clock<std::string>(late), windower, none, joined, both,
                           leat::unordered, options...);
}
leat::detail::early_after_records each(std::uint64_t records) { return leat::early(leat::after_records(records)); }

input<std::string> letters() {
  return all<std::string>({{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}, {11, "f"}, {12, "g"}, {1, "h"}});
}

}  // namespace

TEST_CASE("early results have all values of the window so far, and the one on time comes all the same") {
  for (bool const is_said : {false, true}) {
    auto const step = [is_said] {
      return is_said ? folded(0s, leat::tumbling(10s, t0), each(2), leat::accumulating)
                     : folded(0s, leat::tumbling(10s, t0), leat::accumulating, each(2));
    };
    check<std::string>(letters(), step,
                       {{"0: ab early", "0: abcd early", "0: abcde", "1: fg early", "1: fg at the end"},
                        {"0: h"},
                        {"0: [0, 10]", "1: [10, 20]"}});
  }
}

TEST_CASE("early results by the clock of the stream") {
  auto const step = [] {
    return leat::fold_window("fold", leat::stream_clock(&letter::time, leat::late_by(0s)), leat::tumbling(10s, t0),
                             none, joined, leat::unordered, each(2));
  };
  check<std::string>(
      all<std::string>({{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}, {11, "f"}, {1, "h"}}), step,
      {{"0: ab early", "0: abcd early", "0: abcde", "1: f at the end"}, {"0: h"}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("discarding: each result has what is new, and a window without any gives none") {
  check<std::string>(letters(), [] { return folded(0s, leat::tumbling(10s, t0), each(2), leat::discarding); },
                     {{"0: ab early", "0: cd early", "0: e", "1: fg early"}, {"0: h"}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("retracting: what a window gave is taken back before the next result") {
  check<std::string>(letters(), [] { return folded(0s, leat::tumbling(10s, t0), each(2), leat::retracting); },
                     {{"0: ab early", "0: ab retraction", "0: abcd early", "0: abcd retraction", "0: abcde",
                       "1: fg early", "1: fg retraction", "1: fg at the end"},
                      {"0: h"},
                      {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("a value gives an early result in each of its windows") {
  check<std::string>(all<std::string>({{1, "a"}, {6, "b"}, {7, "c"}, {12, "d"}}),
                     [] { return folded(0s, leat::sliding(10s, 5s, t0), each(2)); },
                     {{"0: ab early", "-1: a", "1: bc early", "0: abc", "1: bcd at the end", "2: d at the end"},
                      {},
                      {"-1: [-5, 5]", "0: [0, 10]", "1: [5, 15]", "2: [10, 20]"}});
}

TEST_CASE("early results of sessions: one that absorbs another counts the values of both") {
  check<std::string>(all<std::string>({{1, "a"}, {9, "b"}, {5, "c"}, {6, "d"}, {40, "e"}}),
                     [] { return folded(20s, leat::session(4s), each(3)); },
                     {{"1s: acb early", "1s: acbd", "40s: e at the end"}, {}, {"1s: [1, 9] +9s", "40s: [40, 40]"}});
  check<std::string>(all<std::string>({{1, "a"}, {2, "b"}, {9, "c"}, {5, "d"}, {30, "e"}}),
                     [] { return folded(20s, leat::session(4s), each(2), leat::discarding); },
                     {{"1s: ab early", "1s: dc early", "30s: e at the end"}, {}, {"1s: [1, 9] +9s", "30s: [30, 30]"}});
}

TEST_CASE("early results of windows of so many values") {
  check<std::string>(all<std::string>({{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}}),
                     [] { return leat::fold_window("fold", leat::counting(3), none, joined, each(2)); },
                     {{"0: ab early", "0: abc", "3: d at the end"}, {}, {"0: [min, max]", "3: [min, max]"}});
}

TEST_CASE("the other operators give early results as well") {
  input<int> const numbers = all<int>({{1, 5}, {2, 3}, {3, 9}, {11, 1}});
  auto const clock = [] { return windows::event_clock<int>(0s); };
  auto const larger = [](dated<int> const& a, dated<int> const& b) { return a.value < b.value ? b : a; };
  check<dated<int>>(numbers,
                    [&] { return leat::reduce_window("r", clock(), leat::tumbling(10s, t0), larger, each(2)); },
                    {{"0: 5 early", "0: 9", "1: 1 at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
  auto const by_value = [](dated<int> const& of) { return of.value; };
  check<dated<int>>(
      numbers,
      [&] { return leat::max_window("max", clock(), leat::tumbling(10s, t0), by_value, each(2), leat::ordered); },
      {{"0: 5 early", "0: 9", "1: 1 at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
  check<dated<int>>(numbers,
                    [&] { return leat::min_window("min", clock(), leat::tumbling(10s, t0), by_value, each(2)); },
                    {{"0: 3 early", "0: 3", "1: 1 at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
  check<std::vector<dated<int>>>(
      numbers, [&] { return leat::collect_window("c", clock(), leat::tumbling(10s, t0), each(2), leat::discarding); },
      {{"0: [5, 3] early", "0: [9]", "1: [1] at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("early results of counts add up, when each has what is new") {
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    std::vector<std::pair<std::string, leat::in_window<std::uint64_t>>> counts;
    leat::flow flow("counts");
    input<int> hits;
    for (int i = 0; i != 100; ++i) hits.push_back({i % 3 == 0 ? "a" : "b", {i * 0.5, i}});
    flow.input("in", leat::test::one_at_a_time(hits)) |
        leat::count_window(
            "count", leat::event_clock([](auto const& hit) { return hit.second.time(); }, leat::late_by(0s)),
            leat::tumbling(10s, t0), [](auto const& hit) { return hit.first; }, each(3), leat::discarding) |
        leat::output("out", leat::to::collect(counts));
    shape.run(flow, counts);
    std::uint64_t sum = 0;
    for (auto const& [key, count] : counts) {
      CHECK((count.value == 3) >= (count.why == leat::window_reason::early));
      sum += count.value;
    }
    CHECK(sum == 100);
    CHECK(counts.size() > 33);
  });
}

TEST_CASE("an early result after no records is refused") {
  CHECK_THROWS_WITH_AS(folded(0s, leat::tumbling(10s), each(0)),
                       doctest::Contains("leat::after_records(0) gives no early result: give 1 or more"),
                       leat::flow_error);
}

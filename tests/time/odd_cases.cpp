// SPDX-License-Identifier: BSL-1.0
#include "time/windows.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// The odd cases of Bytewax's windows, by their numbers, on all shapes.

using windows::all;
using windows::at;
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

using number = dated<int>;

auto collected(std::chrono::duration<double> late, auto windower, auto... options) {
  return leat::collect_window("collect", windows::event_clock<int>(late), windower, options...);
}
/// What `collect_window` collects are the dated values.
using numbers = std::vector<number>;

}  // namespace

TEST_CASE("57: a record goes into all of its sliding windows, and is late once for each that it missed") {
  check<std::string>(
      all<std::string>({{1, "a"}, {4, "b"}, {8, "c"}, {12, "d"}, {13, "e"}, {14, "f"}, {16, "g"}, {1, "h"}}),
      [] {
        return leat::fold_window("fold", windows::event_clock<std::string>(0s), leat::sliding(10s, 5s, t0), none,
                                 joined);
      },
      {{"-1: ab", "0: abc", "1: cdef", "2: defg at the end", "3: g at the end"},
       {"-1: h", "0: h"},
       {"-1: [-5, 5]", "0: [0, 10]", "1: [5, 15]", "2: [10, 20]", "3: [15, 25]"}});
}

TEST_CASE("59: sessions close by later records, and are known by their opening times") {
  check<std::string>(
      all<std::string>({{1, "a"}, {5, "b"}, {11, "c"}, {12, "d"}, {13, "e"}, {14, "f"}, {20, "g"}, {1, "h"}}),
      [] { return leat::fold_window("fold", windows::event_clock<std::string>(0s), leat::session(5s), none, joined); },
      {{"1s: ab", "11s: cdef", "20s: g at the end"}, {"-1: h"}, {"1s: [1, 5]", "11s: [11, 14]", "20s: [20, 20]"}});
}

TEST_CASE("61: a clock that waits for ever lets nothing close before the end, and orders everything") {
  check<numbers>(all<int>({{0, 1}, {8, 3}, {4, 2}, {13, 5}, {12, 4}}),
                 [] { return collected(std::chrono::years(1000), leat::tumbling(10s, t0)); },
                 {{"0: [1, 2, 3] at the end", "1: [4, 5] at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("63: the greatest and the least of each window") {
  auto const values = all<int>({{0, 1}, {4, 9}, {8, 3}, {12, 10}, {13, 4}});
  check<number>(
      values,
      [] { return leat::max_window("max", windows::event_clock<int>(0s), leat::tumbling(10s, t0), &number::value); },
      {{"0: 9", "1: 10 at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
  check<number>(
      values,
      [] { return leat::min_window("min", windows::event_clock<int>(0s), leat::tumbling(10s, t0), &number::value); },
      {{"0: 1", "1: 4 at the end"}, {}, {"0: [0, 10]", "1: [10, 20]"}});
}

TEST_CASE("65: by key, each key's window closes by the key's own next record") {
  std::vector<dated<std::string>> const fruit{{0, "apple"},        {5 * 60, "banana"}, {10 * 60, "apple"},
                                              {15 * 60, "banana"}, {20 * 60, "apple"}, {25 * 60, "cherry"}};
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    std::vector<std::pair<std::string, leat::in_window<std::uint64_t>>> counts;
    leat::flow flow("fruit");
    flow.input("in", leat::test::one_at_a_time(fruit)) |
        leat::count_window("count", windows::event_clock<std::string>(0s), leat::tumbling(15min, t0), &letter::value) |
        leat::output("out", leat::to::collect(counts));
    shape.run(flow, counts);
    CHECK(windows::by_key(counts) == windows::lines{"apple 0: 2", "apple 1: 1 at the end", "banana 0: 1",
                                                    "banana 1: 1 at the end", "cherry 1: 1 at the end"});
  });
}

TEST_CASE("67: one session of all that came, known by its opening time") {
  numbers ten;
  for (int i = 0; i != 10; ++i) ten.push_back({static_cast<double>(i), i});
  check<numbers>(all<int>(ten), [] { return collected(0s, leat::session(10s)); },
                 {{"0s: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] at the end"}, {}, {"0s: [0, 9]"}});
}

TEST_CASE("69: a record is late when it is older than the bound, and not when it is as old") {
  check<numbers>(all<int>({{0, 0}, {5, 5}, {3, 3}, {2.9, 29}}), [] { return collected(2s, leat::tumbling(10s, t0)); },
                 {{"0: [0, 3, 5] at the end"}, {"0: 29"}, {"0: [0, 10]"}});
}

TEST_CASE("71: in the order of their times, or as they came") {
  auto const values = all<int>({{4, 4}, {2, 2}, {1, 1}, {8, 8}});
  check<numbers>(values, [] { return collected(5s, leat::tumbling(10s, t0)); },
                 {{"0: [1, 2, 4, 8] at the end"}, {}, {"0: [0, 10]"}});
  check<numbers>(values, [] { return collected(5s, leat::tumbling(10s, t0), leat::unordered); },
                 {{"0: [4, 2, 1, 8] at the end"}, {}, {"0: [0, 10]"}});
}

TEST_CASE("73: a session is open when the bound is as far away as the gap, and closed a nanosecond later") {
  check<numbers>(all<int>({{0, 1}, {10, 2}, {10 + 1e-9, 3}}),
                 [] { return collected(0s, leat::session(10s), leat::unordered); },
                 {{"0s: [1, 2, 3] at the end"}, {}, {"0s: [0, 10.000000001]"}});
  check<numbers>(all<int>({{0, 1}, {20, 2}, {10, 3}}),
                 [] { return collected(10s, leat::session(10s), leat::unordered); },
                 {{"0s: [1, 3, 2] at the end"}, {}, {"0s: [0, 20] +20s"}});
  check<numbers>(all<int>({{0, 1}, {20 + 1e-9, 2}, {10, 3}}),
                 [] { return collected(10s, leat::session(10s), leat::unordered); },
                 {{"0s: [1]", "20.000000001s: [2] at the end"},
                  {"-1: 3"},
                  {"0s: [0, 0]", "20.000000001s: [20.000000001, 20.000000001]"}});
}

TEST_CASE("75: a record between two sessions makes them one, and the absorbed one is told") {
  check<numbers>(all<int>({{0, 1}, {20, 2}, {10, 3}}),
                 [] { return collected(100s, leat::session(10s), leat::unordered); },
                 {{"0s: [1, 3, 2] at the end"}, {}, {"0s: [0, 20] +20s"}});
}

TEST_CASE("77: what is late for sessions belongs to no window") {
  check<numbers>(all<int>({{50, 1}, {20, 2}}), [] { return collected(0s, leat::session(10s)); },
                 {{"50s: [1] at the end"}, {"-1: 2"}, {"50s: [50, 50]"}});
}

TEST_CASE("79: a session that grows to the left is one session, known by its earliest time") {
  auto const backwards = all<std::string>({{30, "a"}, {20, "b"}, {10, "c"}, {0, "d"}});
  check<std::string>(backwards,
                     [] {
                       return leat::fold_window("fold", windows::event_clock<std::string>(100s), leat::session(10s),
                                                none, joined, both, leat::unordered);
                     },
                     {{"0s: abcd at the end"}, {}, {"0s: [0, 30]"}});
  check<std::string>(backwards,
                     [] {
                       return leat::fold_window("fold", windows::event_clock<std::string>(100s), leat::session(10s),
                                                none, joined, both);
                     },
                     {{"0s: dcba at the end"}, {}, {"0s: [0, 30]"}});
}

TEST_CASE("81: several sessions, unordered and ordered") {
  auto const values = all<std::string>({{0, "a"}, {10, "b"}, {16, "c"}, {9, "d"}, {30, "e"}, {5, "f"}});
  windows::lines const meta{"0s: [0, 0]", "9s: [9, 10]", "16s: [16, 16]", "30s: [30, 30]"};
  check<std::vector<letter>>(
      values,
      [] {
        return leat::collect_window("c", windows::event_clock<std::string>(10s), leat::session(5s), leat::unordered);
      },
      {{"0s: [a]", "9s: [b, d]", "16s: [c] at the end", "30s: [e] at the end"}, {"-1: f"}, meta});
  check<std::vector<letter>>(
      values, [] { return leat::collect_window("c", windows::event_clock<std::string>(10s), leat::session(5s)); },
      {{"0s: [a]", "9s: [d, b]", "16s: [c] at the end", "30s: [e] at the end"}, {"-1: f"}, meta});
}

TEST_CASE("87: a window whose key has nothing else is not opened again by a late record") {
  check<std::vector<letter>>(
      all<std::string>({{1, "first"}, {20, "x"}, {3, "LATE"}}),
      [] { return leat::collect_window("c", windows::event_clock<std::string>(0s), leat::tumbling(10s, t0)); },
      {{"0: [first]", "2: [x] at the end"}, {"0: LATE"}, {"0: [0, 10]", "2: [20, 30]"}});
}

TEST_CASE("87: also where all windows of the key have closed before") {
  check<std::vector<letter>>(
      all<std::string>({{1, "first"}, {5, "second"}, {3, "LATE"}}),
      [] { return leat::collect_window("c", windows::event_clock<std::string>(0s), leat::tumbling(2s, t0)); },
      {{"0: [first]", "2: [second] at the end"}, {"1: LATE"}, {"0: [0, 2]", "2: [4, 6]"}});
}

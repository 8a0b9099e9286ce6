// SPDX-License-Identifier: BSL-1.0
#include "time/windows.hpp"

#include <leat/from/iterable.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/merge.hpp>
#include <leat/testing.hpp>
#include <leat/to/out.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
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
  check<numbers>(input<int>{{"a", {0, 1}}, {"b", {14, 2}}, {"a", {10, 3}}, {"b", {25, 4}}, {"b", {26, 5}}},
                 [] { return collected(5s, leat::session(10s)); },
                 {{"a 0s: [1, 3]", "b 14s: [2]", "b 25s: [4, 5] at the end"},
                  {},
                  {"a 0s: [0, 10]", "b 14s: [14, 14]", "b 25s: [25, 26]"}});
}

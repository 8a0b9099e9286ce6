// SPDX-License-Identifier: BSL-1.0
#include <leat/time/join_window.hpp>

#include "time/joins.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using windows::at;
using windows::clock_of_both;
using windows::input;
using windows::lines;
using windows::t0;

namespace {

using row = std::tuple<std::optional<windows::letter>, std::optional<windows::number>>;

std::string line(std::pair<std::string, leat::in_window<row>> const& result) {
  auto const& [left, right] = result.second.value;
  std::string const why = result.second.why == leat::window_reason::on_time ? "" : " " + to_text(result.second.why);
  return result.first + " " + std::to_string(result.second.id) + ": " + (left ? left->value : "-") + " " +
         (right ? std::to_string(right->value) : "-") + why;
}
/// What the join says of each key, in order.
template <class Join>
void check(input<std::string> const& left, input<int> const& right, Join const& join, lines const& down_wanted,
           lines const& late_wanted = {}) {
  std::vector<std::pair<std::string, leat::in_window<row>>> down;
  std::vector<std::pair<std::string, leat::late<windows::either>>> late;
  auto const wire = [&](auto const& streams) {
    streams.down | leat::output("down", leat::to::collect(down));
    streams.late | leat::output("late", leat::to::collect(late));
  };
  auto const look = [&] {
    lines results;
    for (auto const& each : windows::in_order_of_keys(down)) results.push_back(line(each));
    CHECK(leat::text(results) == leat::text(down_wanted));
    CHECK(leat::text(windows::missed(late)) == leat::text(late_wanted));
  };
  windows::check_sides(left, right, join, wire, look, down, late);
}

template <class... Options>
auto in_minutes(std::chrono::seconds late, Options... options) {
  return [=](auto const& left, auto const& right) {
    return leat::join_window("join", clock_of_both(late), leat::tumbling(1min, t0), options..., left, right);
  };
}

}  // namespace

TEST_CASE("join_window: the last values of each side of a window, when it closes") {
  check({{"k", {1, "a"}}, {"k", {5, "b"}}, {"k", {61, "c"}}, {"l", {2, "x"}}}, {{"k", {3, 1}}, {"k", {2, 2}}},
        in_minutes(10s), {"k 0: b 1 at the end", "k 1: c - at the end", "l 0: x - at the end"});
}

TEST_CASE("join_window: a window closes when both sides have passed it") {
  check({{"k", {1, "a"}}, {"k", {60, "b"}}, {"k", {120, "c"}}}, {{"k", {59, 1}}, {"k", {60, 2}}, {"k", {121, 3}}},
        in_minutes(0s), {"k 0: a 1", "k 1: b 2", "k 2: c 3 at the end"});
}

TEST_CASE("join_window: no side makes a record of another late") {
  check({{"k", {600, "a"}}, {"k", {660, "b"}}}, {{"k", {1, 1}}, {"k", {2, 2}}, {"k", {0, 3}}}, in_minutes(0s),
        {"k 0: - 2 at the end", "k 10: a - at the end", "k 11: b - at the end"}, {"k 0: 3"});
}

TEST_CASE("join_window, complete: rows leave as soon as every side has a value, and the window begins anew") {
  check({{"k", {1, "a"}}, {"k", {3, "b"}}, {"k", {4, "c"}}}, {{"k", {2, 1}}, {"k", {5, 2}}},
        in_minutes(60s, leat::join_emit::complete), {"k 0: a 1 early", "k 0: c 2 early"});
}

TEST_CASE("join_window, product and complete_and_rest: every combination, and at the close what is left") {
  check({{"k", {1, "a"}}, {"k", {2, "b"}}, {"k", {7, "c"}}}, {{"k", {3, 1}}},
        in_minutes(60s, leat::join_insert::product, leat::join_emit::complete_and_rest),
        {"k 0: a 1 early", "k 0: b 1 early", "k 0: c - at the end"});
}

TEST_CASE("join_window, running: a row for each value, those of one time in the order of the sides") {
  check({{"k", {1, "a"}}, {"k", {2, "b"}}}, {{"k", {1, 1}}}, in_minutes(60s, leat::join_emit::running),
        {"k 0: a - early", "k 0: a 1 early", "k 0: b 1 early"});
}

TEST_CASE("join_window, first: the first value of each side by its time, whatever came first") {
  check({{"k", {5, "b"}}, {"k", {1, "a"}}}, {{"k", {3, 1}}, {"k", {2, 2}}}, in_minutes(60s, leat::join_insert::first),
        {"k 0: a 2 at the end"});
}

TEST_CASE("join_window takes sessions: the sides share them") {
  check({{"k", {1, "a"}}, {"k", {100, "b"}}}, {{"k", {8, 1}}, {"k", {15, 2}}},
        [](auto const& left, auto const& right) {
          return leat::join_window("join", clock_of_both(0s), leat::session(10s), left, right);
        },
        {"k " + std::to_string(at(1).time_since_epoch().count()) + ": a 2 at the end",
         "k " + std::to_string(at(100).time_since_epoch().count()) + ": b - at the end"});
}

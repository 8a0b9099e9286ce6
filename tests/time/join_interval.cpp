// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/time/join_interval.hpp>

#include "time/joins.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using windows::input;
using windows::letter;
using windows::lines;
using windows::number;

namespace {

struct expected_of_interval {
  lines pairs;
  lines unpaired;
  lines late;
};

auto paired(std::chrono::seconds late_by, std::chrono::seconds before, std::chrono::seconds after) {
  return [=](auto const& lefts, auto const& rights) {
    return leat::join_interval("join", windows::clock_of_both(late_by), leat::before(before), leat::after(after), lefts,
                               rights);
  };
}

/// Pairs as sorted lines: which of the two sides comes first is not said.
template <class Join>
void check(input<std::string> const& left, input<int> const& right, Join const& join,
           expected_of_interval const& wanted) {
  std::vector<std::pair<std::string, std::pair<letter, number>>> down;
  std::vector<std::pair<std::string, letter>> unpaired;
  std::vector<std::pair<std::string, leat::late<windows::either>>> late;
  auto const wire = [&](auto const& streams) {
    streams.down | leat::output("down", leat::to::collect(down));
    streams.unpaired | leat::output("unpaired", leat::to::collect(unpaired));
    streams.late | leat::output("late", leat::to::collect(late));
  };
  auto const look = [&] {
    lines pairs;
    for (auto const& [key, pair] : down)
      pairs.push_back(key + " " + pair.first.value + " " + std::to_string(pair.second.value));
    std::sort(pairs.begin(), pairs.end());
    lines alone;
    for (auto const& [key, value] : unpaired) alone.push_back(key + " " + value.value);
    std::sort(alone.begin(), alone.end());
    CHECK(leat::text(pairs) == leat::text(wanted.pairs));
    CHECK(leat::text(alone) == leat::text(wanted.unpaired));
    CHECK(leat::text(windows::missed(late)) == leat::text(wanted.late));
  };
  windows::check_sides(left, right, join, wire, look, down, unpaired, late);
}

std::string refusal(auto const& f) {
  try {
    f();
  } catch (leat::flow_error const& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("join_interval: a left value pairs with each right one between before and after, both included") {
  check({{"k", {10, "a"}}, {"k", {20, "b"}}, {"l", {10, "x"}}},
        {{"k", {7.9, 1}}, {"k", {8, 2}}, {"k", {10, 3}}, {"k", {15, 4}}, {"k", {15.1, 5}}, {"k", {18, 6}}},
        paired(100s, 2s, 5s), {{"k a 2", "k a 3", "k a 4", "k b 6"}, {"l x"}, {}});
}

TEST_CASE("join_interval: what comes out of order pairs all the same") {
  check({{"k", {20, "b"}}, {"k", {10, "a"}}}, {{"k", {18, 6}}, {"k", {12, 3}}, {"k", {8, 2}}}, paired(100s, 2s, 5s),
        {{"k a 2", "k a 3", "k b 6"}, {}, {}});
}

TEST_CASE(
    "join_interval: a left value is told unpaired once the right side has passed its time, by that side's clock") {
  check({{"k", {10, "a"}}}, {{"k", {9, 1}}, {"k", {20, 2}}, {"k", {12, 3}}}, paired(0s, 0s, 5s),
        {{}, {"k a"}, {"k -1: 3"}});
}

TEST_CASE("join_interval: one that was paired is never told unpaired, and one side makes nothing of the other late") {
  check({{"k", {1000, "z"}}, {"k", {1500, "y"}}}, {{"k", {1, 1}}, {"k", {2, 2}}, {"k", {1001, 3}}}, paired(0s, 0s, 5s),
        {{"k z 3"}, {"k y"}, {}});
}

TEST_CASE("join_interval refuses times below zero, and clocks that are not sound") {
  std::vector<std::pair<std::string, letter>> const none;
  std::vector<std::pair<std::string, number>> const no_numbers;
  auto const build = [&](std::chrono::seconds late_by, std::chrono::seconds before, std::chrono::seconds after) {
    return refusal([&] {
      leat::flow refused("refused");
      auto const lefts = refused.input("left", leat::test::one_at_a_time(none));
      auto const rights = refused.input("right", leat::test::one_at_a_time(no_numbers));
      paired(late_by, before, after)(lefts, rights);
    });
  };
  CHECK(build(0s, -1s, 0s).ends_with("): before(time) and after(time) need times of zero or more"));
  CHECK(build(0s, 0s, -1s).starts_with("join_interval \"join\" ("));
  CHECK(build(-1s, 0s, 0s).find("late_by") != std::string::npos);
  CHECK(build(0s, 0s, 0s).empty());
}

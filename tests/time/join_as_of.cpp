// SPDX-License-Identifier: BSL-1.0
#include <leat/time/join_as_of.hpp>

#include "time/joins.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using windows::input;
using windows::letter;
using windows::lines;
using windows::number;

namespace {

void check(input<std::string> const& left, input<int> const& right, std::chrono::seconds late_by,
           lines const& down_wanted, lines const& late_wanted = {}) {
  std::vector<std::pair<std::string, std::pair<letter, std::optional<number>>>> down;
  std::vector<std::pair<std::string, leat::late<windows::either>>> late;
  auto const join = [late_by](auto const& lefts, auto const& rights) {
    return leat::join_as_of("join", windows::clock_of_both(late_by), lefts, rights);
  };
  auto const wire = [&](auto const& streams) {
    streams.down | leat::output("down", leat::to::collect(down));
    streams.late | leat::output("late", leat::to::collect(late));
  };
  auto const look = [&] {
    std::stable_sort(down.begin(), down.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
    lines results;
    for (auto const& [key, row] : down)
      results.push_back(key + " " + row.first.value + " " + (row.second ? std::to_string(row.second->value) : "-"));
    CHECK(leat::text(results) == leat::text(down_wanted));
    CHECK(leat::text(windows::missed(late)) == leat::text(late_wanted));
  };
  windows::check_sides(left, right, join, wire, look, down, late);
}

}  // namespace

TEST_CASE("join_as_of: each left value with the last right one that is not later, whichever came first") {
  check({{"k", {1, "a"}}, {"k", {2, "b"}}, {"k", {5, "c"}}, {"l", {9, "x"}}},
        {{"k", {2, 1}}, {"k", {4, 2}}, {"k", {6, 3}}, {"m", {1, 9}}}, 10s, {"k a -", "k b 1", "k c 2", "l x -"});
}

TEST_CASE("join_as_of: what comes out of order is put in order, up to late_by") {
  check({{"k", {5, "c"}}, {"k", {1, "a"}}, {"k", {9, "d"}}, {"k", {3.5, "b"}}}, {{"k", {6, 3}}, {"k", {2, 1}}}, 4s,
        {"k a -", "k c 1", "k d 3"}, {"k -1: b"});
}

TEST_CASE("join_as_of: a right value of the same time counts") {
  check({{"k", {1, "a"}}, {"k", {1, "b"}}}, {{"k", {1, 1}}, {"k", {1, 2}}}, 0s, {"k a 2", "k b 2"});
}

TEST_CASE("join_as_of: a side that is far ahead does not make the other one late") {
  check({{"k", {1000, "z"}}, {"k", {1001, "y"}}}, {{"k", {1, 1}}, {"k", {2, 2}}, {"k", {1, 3}}}, 0s, {"k z 2", "k y 2"},
        {"k -1: 3"});
}

// SPDX-License-Identifier: BSL-1.0
#include <leat/error.hpp>
#include <leat/time/event_time.hpp>
#include <leat/time/join_as_of.hpp>
#include <leat/time/stream_clock.hpp>

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

template <class Join>
void check(input<std::string> const& left, input<int> const& right, lines const& down_wanted, Join const& join,
           lines const& late_wanted = {}) {
  std::vector<std::pair<std::string, std::pair<letter, std::optional<number>>>> down;
  std::vector<std::pair<std::string, leat::late<windows::either>>> late;
  auto const wire = [&](auto const& streams) {
    streams.down | leat::output("down", leat::to::collect(down));
    streams.late | leat::output("late", leat::to::collect(late));
  };
  auto const look = [&] {
    lines results;
    for (auto const& [key, row] : windows::in_order_of_keys(down))
      results.push_back(key + " " + row.first.value + " " + (row.second ? std::to_string(row.second->value) : "-"));
    CHECK(leat::text(results) == leat::text(down_wanted));
    CHECK(leat::text(windows::missed(late)) == leat::text(late_wanted));
  };
  windows::check_sides(left, right, join, wire, look, down, late);
}

/// By a clock for each key.
void check(input<std::string> const& left, input<int> const& right, std::chrono::seconds late_by,
           lines const& down_wanted, lines const& late_wanted = {}) {
  auto const join = [late_by](auto const& lefts, auto const& rights) {
    return leat::join_as_of("join", windows::clock_of_both(late_by), lefts, rights);
  };
  check(left, right, down_wanted, join, late_wanted);
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

TEST_CASE("join_as_of by the clock of the stream: dated before the step, or by it") {
  input<std::string> const left{{"k", {1, "a"}}, {"k", {5, "b"}}, {"l", {60, "x"}}};
  input<int> const right{{"k", {0, 1}}, {"k", {4, 2}}};
  lines const wanted{"k a 1", "k b 2", "l x -"};
  auto const ts = [](auto const& value) { return value.time(); };
  auto const in_value = [](auto const& record) { return record.second.time(); };
  check(left, right, wanted, [ts](auto const& lefts, auto const& rights) {
    return leat::join_as_of("join", leat::stream_clock(ts, leat::late_by(100s)), lefts, rights);
  });
  check(left, right, wanted, [ts, in_value](auto const& lefts, auto const& rights) {
    return leat::join_as_of("join", leat::stream_clock(ts),
                            (lefts | leat::event_time("left dated", in_value, leat::late_by(100s))).down,
                            (rights | leat::event_time("right dated", in_value, leat::late_by(100s))).down);
  });
}

TEST_CASE("a join by the clock of the stream needs sides that are dated") {
  std::string said;
  try {
    leat::flow flow("undated");
    auto const lefts = flow.input("left", leat::test::one_at_a_time(input<std::string>()));
    auto const rights = flow.input("right", leat::test::one_at_a_time(input<int>()));
    leat::join_as_of("join", leat::stream_clock([](auto const& value) { return value.time(); }), lefts, rights);
  } catch (leat::flow_error const& error) {
    said = error.what();
  }
  CHECK(said.starts_with("join_as_of \"join\" ("));
  CHECK(said.find("event_time") != std::string::npos);
}

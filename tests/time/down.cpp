// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <leat/flow.hpp>
#include <leat/from/iterable.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/map.hpp>
#include <leat/op/merge.hpp>
#include <leat/state/join.hpp>
#include <leat/testing.hpp>
#include <leat/time.hpp>
#include <leat/to/out.hpp>
#include <leat/to/output.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using count = std::pair<int, leat::in_window<std::uint64_t>>;

std::chrono::seconds time_of(int second) { return std::chrono::seconds(second); }
auto dating(leat::step_name name) {
  return leat::event_time(std::move(name), time_of, leat::late_by(0s), leat::credible(leat::forever));
}
auto counting_by(leat::step_name name, int keys) {
  return leat::count_window(std::move(name), leat::stream_clock(time_of), leat::tumbling(10s),
                            [keys](int second) { return second % keys; });
}

std::vector<int> const seconds{1, 2, 3, 12, 2};

auto seconds_of(leat::flow& flow) { return flow.input("in", leat::from::iterable(std::vector<int>())); }

}  // namespace

TEST_CASE("what windows give is merged, branched and joined as its down") {
  leat::flow flow("down");
  auto dated = seconds_of(flow) | dating("dated");
  auto all = dated | counting_by("all", 1);
  auto const by_two = dated | counting_by("by two", 2);
  leat::merge("both", all, by_two) | leat::output("out", leat::to::out());
  leat::merge(all, by_two.down, by_two) | leat::output("three", leat::to::out());
  leat::join("joined", all, by_two) | leat::output("joined out", leat::to::out());
  leat::compose(
      "composed", [](auto a, auto b) { return leat::merge("inside", std::move(a), std::move(b)); }, all, by_two) |
      leat::output("composed out", leat::to::out());
  auto [more, less] = by_two | leat::branch("more", [](count const& each) { return each.second.value > 1; });
  more | leat::output("more out", leat::to::out());
  less | leat::output("less out", leat::to::out());

  leat::test::result const done = leat::test::run(flow, {}).feed("in", seconds);
  std::vector<std::uint64_t> found;
  for (count const& each : done.of<count>("out")) found.push_back(each.second.value);
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::uint64_t>{1, 1, 1, 2, 3});
  CHECK(done.of<count>("three").size() == 8);
  CHECK(done.of<count>("composed out").size() == 5);
  CHECK(done.of<count>("more out").size() == 1);
  CHECK(done.of<count>("less out").size() == 2);
}

TEST_CASE("what event_time gives is merged as what is not late") {
  leat::flow flow("down");
  auto dated = seconds_of(flow) | dating("dated");
  leat::stream others = flow.input("others", leat::from::iterable(std::vector<int>()));
  leat::merge("both", dated, others) | leat::output("out", leat::to::out());
  leat::merge("given away", others | dating("others dated"), std::move(dated)) |
      leat::output("all of them", leat::to::out());
  leat::test::result const done =
      leat::test::run(flow, {}).feed("in", seconds).feed("others", std::vector<int>{100, 101});
  auto found = done.of<int>("out");
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<int>{1, 2, 3, 12, 100, 101});
  CHECK(done.of<int>("all of them").size() == 6);
}

TEST_CASE("joins by time take what other steps with several outputs give") {
  leat::flow flow("down");
  leat::stream keyed = seconds_of(flow) | leat::key_on("key", [](int) { return 0; });
  auto const clock = leat::event_clock(time_of, leat::late_by(1min));
  auto first = keyed | leat::dedupe("first", clock, leat::within(1s));
  leat::join_as_of("as of", clock, first, keyed) | leat::output("as of out", leat::to::out());
  leat::join_interval("interval", clock, leat::before(0s), leat::after(0s), keyed, first) |
      leat::output("interval out", leat::to::out());
  leat::join_window("windows", clock, leat::tumbling(1min), first, keyed) | leat::output("rows", leat::to::out());
  leat::test::result const done = leat::test::run(flow, {}).feed("in", seconds);
  CHECK(done.of<std::pair<int, std::pair<int, std::optional<int>>>>("as of out").size() == 4);
  CHECK(done.of<std::pair<int, std::pair<int, int>>>("interval out").size() == 5);
  CHECK(done.of<std::pair<int, leat::in_window<std::tuple<std::optional<int>, std::optional<int>>>>>("rows").size() ==
        1);
}

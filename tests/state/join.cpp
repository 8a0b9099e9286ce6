// SPDX-License-Identifier: BSL-1.0
#include <leat/from/iterable.hpp>
#include <leat/state/join.hpp>
#include <leat/state/unmatched_count.hpp>
#include <leat/testing.hpp>
#include <leat/to/out.hpp>

#include "fixture/scratch.hpp"
#include "state/keyed.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using keyed::pairs;
using leat::join_emit;
using leat::join_insert;

namespace {

using sides = std::tuple<std::optional<int>, std::optional<int>>;
using rows = pairs<std::string, sides>;

/// Left 1, then right 2 and 3, each seen before the next comes.
leat::test::records<std::pair<std::string, sides>> one_two_three(join_insert insertion, join_emit emission) {
  leat::flow flow("join");
  leat::stream left = flow.input("left", leat::from::iterable(pairs<std::string, int>{}));
  leat::stream right = flow.input("right", leat::from::iterable(pairs<std::string, int>{}));
  leat::join("both", insertion, emission, left, right) | leat::output("out", leat::to::out());
  leat::test::result const r = leat::test::run(flow, {.processes = 2, .workers = 2})
                                   .feed("left", pairs<std::string, int>{{"k", 1}})
                                   .epoch()
                                   .feed("right", pairs<std::string, int>{{"k", 2}})
                                   .epoch()
                                   .feed("right", pairs<std::string, int>{{"k", 3}});
  return r.of<std::pair<std::string, sides>>("out");
}

rows of(std::vector<sides> rows_of_sides) {
  rows result;
  for (sides const& row_of_sides : rows_of_sides) result.emplace_back("k", row_of_sides);
  return result;
}
constexpr std::nullopt_t missing = std::nullopt;

}  // namespace

TEST_CASE("what is kept and when rows go on") {
  CHECK(one_two_three(join_insert::first, join_emit::final) == of({{1, 2}}));
  CHECK(one_two_three(join_insert::last, join_emit::final) == of({{1, 3}}));
  CHECK(one_two_three(join_insert::product, join_emit::final) == of({{1, 2}, {1, 3}}));
  CHECK(one_two_three(join_insert::last, join_emit::running) == of({{1, missing}, {1, 2}, {1, 3}}));
  CHECK(one_two_three(join_insert::first, join_emit::running) == of({{1, missing}, {1, 2}, {1, 2}}));
  CHECK(one_two_three(join_insert::product, join_emit::running) == of({{1, missing}, {1, 2}, {1, 2}, {1, 3}}));
  CHECK(one_two_three(join_insert::last, join_emit::complete) == of({{1, 2}}));
}

TEST_CASE("a row of three sides varies the leftmost side slowest") {
  using three = std::tuple<std::optional<int>, std::optional<int>, std::optional<int>>;
  leat::flow flow("join");
  auto side = [&flow](char const* name) { return flow.input(name, leat::from::iterable(pairs<int, int>{})); };
  leat::join("all", join_insert::product, join_emit::final, side("a"), side("b"), side("c")) |
      leat::output("out", leat::to::out());
  leat::test::result const r = leat::test::run(flow)
                                   .feed("a", pairs<int, int>{{0, 1}, {0, 2}})
                                   .feed("b", pairs<int, int>{})
                                   .feed("c", pairs<int, int>{{0, 3}, {0, 4}});
  CHECK(r.of<std::pair<int, three>>("out") ==
        pairs<int, three>{{0, {1, missing, 3}}, {0, {1, missing, 4}}, {0, {2, missing, 3}}, {0, {2, missing, 4}}});
}

TEST_CASE("sides of different types meet by key, in every shape") {
  using person = std::tuple<std::optional<std::string>, std::optional<double>>;
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    pairs<int, person> got;
    leat::flow flow("people");
    leat::stream names = flow.input("names", leat::test::one_at_a_time<std::pair<int, std::string>>(
                                                 pairs<int, std::string>{{1, "Bee"}, {2, "Hive"}, {3, "Wasp"}}));
    leat::stream sizes = flow.input(
        "sizes", leat::test::one_at_a_time<std::pair<int, double>>(pairs<int, double>{{2, 20}, {1, 1.5}, {4, 4}}));
    leat::join("people", join_emit::final, names, sizes) | leat::output("out", leat::to::collect(got));
    shape.epochs_of_every_turn().run(flow, got);
    CHECK(leat::text(keyed::by_key(got)) == "[(1, (Bee, 1.5)), (2, (Hive, 20)), (3, (Wasp, none)), (4, (none, 4))]");
  });
}

TEST_CASE("matched rows come at once, and the rest at the end, in every shape") {
  using person = std::tuple<std::optional<std::string>, std::optional<double>>;
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    pairs<int, person> got;
    leat::flow flow("people");
    leat::stream names = flow.input("names", leat::test::one_at_a_time<std::pair<int, std::string>>(
                                                 pairs<int, std::string>{{1, "Bee"}, {2, "Hive"}, {3, "Wasp"}}));
    leat::stream sizes = flow.input(
        "sizes", leat::test::one_at_a_time<std::pair<int, double>>(pairs<int, double>{{2, 20}, {1, 1.5}, {4, 4}}));
    leat::join("people", join_emit::complete_and_rest, names, sizes) | leat::output("out", leat::to::collect(got));
    shape.epochs_of_every_turn().run(flow, got);
    CHECK(leat::text(keyed::by_key(got)) == "[(1, (Bee, 1.5)), (2, (Hive, 20)), (3, (Wasp, none)), (4, (none, 4))]");
  });
}

TEST_CASE("a matched row does not wait for the end, and its key begins anew; a stop leaves the rest where it is") {
  for (bool const stopped : {false, true}) {
    leat::flow flow("join");
    auto side = [&flow](char const* name) { return flow.input(name, leat::from::iterable(pairs<int, int>{})); };
    leat::join("both", join_emit::complete_and_rest, side("a"), side("b")) | leat::output("out", leat::to::out());
    leat::test::cluster c{flow, leat::test::seed(5), {.processes = 2, .workers = 2}};
    c.feed("b", pairs<int, int>{});
    c.feed("a", pairs<int, int>{{0, 1}, {1, 1}}).advance(std::chrono::seconds(1));
    c.feed("b", pairs<int, int>{{0, 2}}).advance(std::chrono::seconds(1));
    auto const got = [&] { return leat::text(keyed::by_key(c.of<std::pair<int, sides>>("out"))); };
    CHECK(got() == "[(0, (1, 2))]");
    c.feed("b", pairs<int, int>{{0, 3}}).advance(std::chrono::seconds(1));
    CHECK(got() == "[(0, (1, 2))]");
    if (stopped)
      c.stop();
    else
      c.finish();
    CHECK(got() == (stopped ? "[(0, (1, 2))]" : "[(0, (1, 2)), (0, (none, 3)), (1, (1, none))]"));
  }
}

TEST_CASE("a join counts the keys that had no match") {
  for (bool const passed_on : {false, true}) {
    scratch const folder;
    std::fflush(stderr);
    int const before = ::dup(2);
    int const file = ::open(folder.path("said").c_str(), O_CREAT | O_WRONLY, 0600);
    ::dup2(file, 2);
    {
      leat::detail::unmatched_count count("flow.people", passed_on);
      count.add(1);
      count.add(2);
      leat::detail::unmatched_count counted("flow.none", passed_on);
    }
    std::fflush(stderr);
    ::dup2(before, 2);
    ::close(before);
    ::close(file);
    CHECK(folder.read("said") ==
          std::string("leat: step \"flow.people\": 3 keys had no value on some side; ") +
              (passed_on
                   ? "the rows came at the end\n"
                   : "what there was on the others was dropped (leat::join_emit::complete_and_rest passes it on)\n"));
  }
}

TEST_CASE("which values are kept and when rows come may be said in either order") {
  auto const rows = [](auto first, auto second) {
    pairs<int, sides> got;
    leat::flow flow("order");
    leat::stream only_input = flow.input("one", leat::from::iterable(pairs<int, int>{{1, 5}, {1, 6}}));
    leat::stream other = flow.input("other", leat::from::iterable(pairs<int, int>{{1, 7}}));
    leat::join("both", first, second, only_input, other) | leat::output("out", leat::to::collect(got));
    leat::run(flow);
    return leat::text(got);
  };
  CHECK(rows(join_insert::first, join_emit::final) == "[(1, (5, 7))]");
  CHECK(rows(join_emit::final, join_insert::first) == "[(1, (5, 7))]");
}

TEST_CASE("a stream can be joined with itself") {
  pairs<int, sides> got;
  leat::flow flow("self");
  leat::stream once = flow.input("in", leat::from::iterable(pairs<int, int>{{1, 5}}));
  leat::join("both", once, once) | leat::output("out", leat::to::collect(got));
  leat::run(flow, {.workers = 3});
  CHECK(leat::text(got) == "[(1, (5, 5))]");
}

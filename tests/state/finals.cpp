// SPDX-License-Identifier: BSL-1.0
#include <leat/from/iterable.hpp>
#include <leat/state/count_final.hpp>
#include <leat/state/fold_final.hpp>
#include <leat/state/reduce_final.hpp>
#include <leat/testing.hpp>
#include <leat/to/out.hpp>

#include "state/keyed.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using keyed::pairs;

namespace {

pairs<std::string, int> const six{{"ALL", 1}, {"ALL", 4}, {"ALL", 2}, {"b", 9}, {"ALL", 9}, {"ALL", 4}, {"ALL", 3}};

struct tree {
  int name = 0;
  std::vector<tree> branches;

  friend std::string to_text(tree const& t) {
    std::string text = std::to_string(t.name) + "(";
    for (tree const& each : t.branches) text += to_text(each);
    return text + ")";
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & name & branches;
  }
};

}  // namespace

TEST_CASE("fold_final folds the values of a key in their order") {
  keyed::check(
      six,
      [] {
        return leat::fold_final(
            "text", [] { return std::string(">"); }, [](std::string text, int x) { return text + std::to_string(x); });
      },
      pairs<std::string, std::string>{{"ALL", ">142943"}, {"b", ">9"}});
}

TEST_CASE("fold_final takes a folder that edits") {
  keyed::check(
      six,
      [] {
        return leat::fold_final(
            "list", [] { return std::vector<int>(); }, [](std::vector<int>& numbers, int x) { numbers.push_back(x); });
      },
      pairs<std::string, std::vector<int>>{{"ALL", {1, 4, 2, 9, 4, 3}}, {"b", {9}}});
}

TEST_CASE("a function may return a reference to what it was given, or to a part of it") {
  using words = pairs<int, std::string>;
  words const letters{{1, "a"}, {2, "x"}, {1, "b"}, {1, "c"}, {2, "y"}, {1, "d"}};
  keyed::check(
      letters,
      [] {
        return leat::fold_final(
            "text", [] { return std::string("a text that is too long for a small string: "); },
            [](std::string&& text, std::string&& x) -> std::string&& { return std::move(text += x); });
      },
      words{{1, "a text that is too long for a small string: abcd"},
            {2, "a text that is too long for a small string: xy"}});
  keyed::check(
      letters,
      [] {
        return leat::reduce_final("longest",
                                  [](std::string&& a, std::string&& b) -> std::string&& { return std::move(a += b); });
      },
      words{{1, "abcd"}, {2, "xy"}});
  keyed::check(
      letters,
      [] {
        return leat::reduce_final("first",
                                  [](std::string const& a, std::string const&) -> std::string const& { return a; });
      },
      words{{1, "a"}, {2, "x"}});
  keyed::check(
      letters,
      [] {
        return leat::reduce_final("last", [](std::string&&, std::string&& b) -> std::string&& { return std::move(b); });
      },
      words{{1, "d"}, {2, "y"}});

  keyed::check(
      pairs<int, int>{{1, 1}, {1, 2}, {1, 3}},
      [] {
        return leat::fold_final(
            "innermost", [] { return tree{0, {tree{1, {tree{2, {tree{3, {}}}}}}}}; },
            [](tree&& whole, int) -> tree&& { return std::move(whole.branches.front()); });
      },
      pairs<int, tree>{{1, tree{3, {}}}});
}

TEST_CASE("reduce_final, max_final and min_final") {
  keyed::check(
      six, [] { return leat::reduce_final("sum", [](int a, int b) { return a + b; }); },
      pairs<std::string, int>{{"ALL", 23}, {"b", 9}});
  keyed::check(six, [] { return leat::max_final("max"); }, pairs<std::string, int>{{"ALL", 9}, {"b", 9}});
  keyed::check(six, [] { return leat::min_final("min"); }, pairs<std::string, int>{{"ALL", 1}, {"b", 9}});
}

TEST_CASE("max_final and min_final compare by a function and keep the first of equals") {
  using entry = std::pair<int, std::string>;
  pairs<int, entry> const entries{
      {0, {2, "first two"}}, {0, {1, "first one"}}, {0, {2, "second two"}}, {0, {1, "second one"}}};
  auto rank = [](entry const& e) { return e.first; };
  keyed::check(entries, [rank] { return leat::max_final("max", rank); }, pairs<int, entry>{{0, {2, "first two"}}});
  keyed::check(entries, [rank] { return leat::min_final("min", rank); }, pairs<int, entry>{{0, {1, "first one"}}});
}

TEST_CASE("max_final and min_final of floating point do not depend on how values are combined") {
  constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  pairs<int, double> const numbers{{1, 5.0}, {1, not_a_number}, {1, 7.0},          {2, -0.0},
                                   {2, 0.0}, {1, 3.0},          {3, not_a_number}, {2, -0.0}};
  keyed::check(
      numbers, [] { return leat::max_final("max"); },
      pairs<int, double>{{1, not_a_number}, {2, 0.0}, {3, not_a_number}});
  keyed::check(
      numbers, [] { return leat::min_final("min"); }, pairs<int, double>{{1, 3.0}, {2, -0.0}, {3, not_a_number}});

  using reading = std::pair<double, std::string>;
  pairs<int, reading> const readings{{1, {not_a_number, "a"}}, {1, {2.0, "b"}}, {1, {9.0, "c"}}, {1, {1.0, "d"}}};
  keyed::check(readings, [] { return leat::max_final("max"); }, pairs<int, reading>{{1, {not_a_number, "a"}}});
  keyed::check(readings, [] { return leat::min_final("min"); }, pairs<int, reading>{{1, {1.0, "d"}}});
  auto value = [](reading const& r) { return std::optional<double>(r.first); };
  keyed::check(
      readings, [value] { return leat::max_final("max", value); }, pairs<int, reading>{{1, {not_a_number, "a"}}});
}

TEST_CASE("count_final counts records by key") {
  keyed::check(
      std::vector<std::string>{"to", "be", "or", "not", "to", "be"},
      [] { return leat::count_final("count", [](std::string const& word) { return word; }); },
      pairs<std::string, std::uint64_t>{{"be", 2}, {"not", 1}, {"or", 1}, {"to", 2}});
}

TEST_CASE("values are combined before the exchange without changing the result") {
  std::vector<int> many(50000);
  std::uint64_t x = 1;
  for (int& number : many) number = static_cast<int>((x = x * 6364136223846793005u + 1442695040888963407u) >> 48);
  pairs<int, std::uint64_t> expected;
  {
    std::vector<std::uint64_t> counts(65536);
    for (int number : many) ++counts[static_cast<std::size_t>(number)];
    for (int i = 0; i != 65536; ++i)
      if (counts[static_cast<std::size_t>(i)] != 0) expected.emplace_back(i, counts[static_cast<std::size_t>(i)]);
  }
  for (unsigned const workers : {1u, 4u}) {
    pairs<int, std::uint64_t> got;
    leat::flow flow("many");
    flow.input("in", leat::from::iterable(many)) | leat::count_final("count", [](int number) { return number; }) |
        leat::output("out", leat::to::collect(got));
    leat::run(flow, {.workers = workers});
    CHECK(keyed::by_key(got) == expected);
  }
}

TEST_CASE("a worker's results come in the order of their keys") {
  leat::flow flow("order");
  flow.input("in", leat::from::iterable(std::vector<std::string>{})) |
      leat::count_final("count", [](std::string const& word) { return word; }) | leat::output("out", leat::to::out());
  leat::test::result const r = leat::test::run(flow).feed("in", std::vector<std::string>{"c", "'tis", "b", "a", "c"});
  CHECK(r.of<std::pair<std::string, std::uint64_t>>("out") ==
        pairs<std::string, std::uint64_t>{{"'tis", 1}, {"a", 1}, {"b", 1}, {"c", 2}});
}

TEST_CASE("a run that is stopped has no final results") {
  leat::flow flow("stopped");
  flow.input("in", leat::from::iterable(std::vector<std::string>{})) |
      leat::count_final("count", [](std::string const& word) { return word; }) | leat::output("out", leat::to::out());
  leat::test::cluster c{flow, leat::test::seed(3), {.processes = 2, .workers = 2}};
  c.feed("in", std::vector<std::string>{"a", "b"}).advance(std::chrono::seconds(1));
  c.stop();
  CHECK(c.of<std::pair<std::string, std::uint64_t>>("out").empty());
}

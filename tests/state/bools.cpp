// SPDX-License-Identifier: BSL-1.0
#include <leat/op/flat_map_batch.hpp>
#include <leat/op/map.hpp>
#include <leat/state/collect.hpp>
#include <leat/state/join.hpp>
#include <leat/state/join_rows.hpp>
#include <leat/state/stateful.hpp>
#include <leat/state/stateful_batch.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include "fixture/one_at_a_time.hpp"
#include "fixture/shapes.hpp"
#include "state/keyed.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// std::vector<bool> is no list of bool: what keeps records, values or results in one has to know.
namespace {

using keyed::pairs;

/// Whether the key has seen as many trues as falses.
class balanced : public leat::stateful_logic<bool, bool, int> {
 public:
  explicit balanced(std::optional<int> before) : ahead_(before.value_or(0)) {}
  leat::retention on_item(bool flag, leat::logic_results<bool>& out) {
    ahead_ += flag ? 1 : -1;
    out(ahead_ == 0);
    return leat::retention::retain;
  }
  leat::retention on_batch(std::span<bool> values, leat::logic_results<bool>& out) {
    for (bool const flag : values) on_item(flag, out);
    return leat::retention::retain;
  }
  int snapshot() const { return ahead_; }

 private:
  int ahead_;
};

auto const make_balanced = [](std::optional<int> const& before) { return balanced(before); };

pairs<std::string, bool> const given{{"a", true}, {"b", false}, {"a", false}, {"a", false}, {"b", true}};
pairs<std::string, bool> const wanted{{"a", false}, {"a", true}, {"a", false}, {"b", false}, {"b", true}};

}  // namespace

TEST_CASE("values and results of a logic may be bool") {
  keyed::check(given, [] { return leat::stateful("balanced", make_balanced); }, wanted);
  keyed::check(given, [] { return leat::stateful_batch("balanced", make_balanced); }, wanted);
}

TEST_CASE("values that are collected may be bool") {
  keyed::check(
      given, [] { return leat::collect("two", leat::max_age(std::chrono::hours(1)), 2); },
      pairs<std::string, std::vector<bool>>{{"a", {true, false}}, {"a", {false}}, {"b", {false, true}}});
}

TEST_CASE("values that are joined may be bool") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    pairs<std::string, std::tuple<std::optional<bool>, std::optional<bool>>> got;
    leat::flow flow("joining");
    leat::stream const side = flow.input("in", leat::test::one_at_a_time<std::pair<std::string, bool>>(given));
    leat::join("join", leat::join_emit::final, leat::join_insert::product, side, side) |
        leat::output("out", leat::to::collect(got));
    shape.run(flow, got);
    CHECK(got.size() == 3 * 3 + 2 * 2);
  });
}

TEST_CASE("records that two steps read may be bool") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    std::vector<bool> flipped;
    std::vector<bool> same;
    leat::flow flow("reading");
    leat::stream const flags = flow.input("in", leat::test::one_at_a_time<int>({1, 0, 0})) |
                               leat::map("flag", [](int number) { return number != 0; });
    flags | leat::flat_map_batch("flip", [](std::span<bool> batch) {
      std::vector<bool> others;
      for (bool& flag : batch) others.push_back(!std::exchange(flag, true));
      return others;
    }) | leat::output("flipped", leat::to::collect(flipped));
    flags | leat::output("same", leat::to::collect(same));
    shape.run(flow, flipped, same);
    CHECK(std::count(flipped.begin(), flipped.end(), true) == 2);
    CHECK(std::count(same.begin(), same.end(), true) == 1);
  });
}

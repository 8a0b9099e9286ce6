// SPDX-License-Identifier: BSL-1.0
#include <leat/state/stateful_map.hpp>

#include "state/keyed.hpp"

#include <deque>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>

namespace {

using keyed::pairs;

pairs<std::string, int> const five{{"a", 2}, {"a", 5}, {"b", 8}, {"a", 8}, {"a", 1}, {"a", 3}, {"b", 4}};

}  // namespace

TEST_CASE("stateful_map edits the state of the value's key") {
  keyed::check(
      five,
      [] {
        return leat::stateful_map("sum", [](std::optional<int>& sum, int x) {
          sum = sum.value_or(0) + x;
          return *sum;
        });
      },
      pairs<std::string, int>{{"a", 2}, {"a", 7}, {"b", 8}, {"a", 15}, {"a", 16}, {"a", 19}, {"b", 12}});
}

TEST_CASE("stateful_map keeps a running mean of the last three") {
  keyed::check(
      pairs<std::string, double>{{"k", 2}, {"k", 5}, {"k", 8}, {"k", 1}, {"k", 3}},
      [] {
        return leat::stateful_map("mean", [](std::optional<std::deque<double>>& last, double x) {
          if (!last) last.emplace();
          last->push_back(x);
          if (last->size() > 3) last->pop_front();
          return std::accumulate(last->begin(), last->end(), 0.0) / static_cast<double>(last->size());
        });
      },
      pairs<std::string, double>{{"k", 2}, {"k", 3.5}, {"k", 5}, {"k", 14.0 / 3}, {"k", 4}});
}

TEST_CASE("stateful_map forgets a key whose state is left empty") {
  keyed::check(
      pairs<int, int>{{1, 1}, {1, 2}, {1, 0}, {1, 5}, {2, 7}},
      [] {
        return leat::stateful_map("count until zero", [](std::optional<int>& seen, int x) {
          int const before = seen.value_or(0);
          if (x == 0)
            seen.reset();
          else
            seen = before + 1;
          return before;
        });
      },
      pairs<int, int>{{1, 0}, {1, 1}, {1, 2}, {1, 0}, {2, 0}});
}

TEST_CASE("stateful_map takes a function that returns the state and the result") {
  keyed::check(
      five,
      [] {
        return leat::stateful_map("sum", [](std::optional<int> sum, int x) {
          int const now = sum.value_or(0) + x;
          return std::pair<std::optional<int>, std::string>(now, "sum " + std::to_string(now));
        });
      },
      pairs<std::string, std::string>{{"a", "sum 2"},
                                      {"a", "sum 7"},
                                      {"b", "sum 8"},
                                      {"a", "sum 15"},
                                      {"a", "sum 16"},
                                      {"a", "sum 19"},
                                      {"b", "sum 12"}});
}

TEST_CASE("stateful_map takes a generic function when the state is named") {
  keyed::check(
      five,
      [] {
        return leat::stateful_map<int>("count", [](auto& count, int) { return *(count = count.value_or(0) + 1); });
      },
      pairs<std::string, int>{{"a", 1}, {"a", 2}, {"b", 1}, {"a", 3}, {"a", 4}, {"a", 5}, {"b", 2}});
}

TEST_CASE("stateful_map has no state from an earlier run") {
  pairs<std::string, int> got;
  leat::flow flow("twice");
  flow.input("in", leat::test::one_at_a_time<std::pair<std::string, int>>({{"a", 1}})) |
      leat::stateful_map("sum", [](std::optional<int>& sum, int x) { return *(sum = sum.value_or(0) + x); }) |
      leat::output("out", leat::to::collect(got));
  leat::run(flow);
  leat::run(flow);
  CHECK(got == pairs<std::string, int>{{"a", 1}, {"a", 1}});
}

TEST_CASE("an exception in stateful_map names the step") {
  leat::test::for_each_shape([](leat::test::shape const& shape) {
    pairs<int, int> got;
    leat::flow flow("failing");
    flow.input("in", leat::test::one_at_a_time<std::pair<int, int>>({{1, 1}, {2, 2}})) |
        leat::stateful_map("bad",
                           [](std::optional<int>&, int x) -> int {
                             if (x == 2) throw std::runtime_error("two is too many");
                             return x;
                           }) |
        leat::output("out", leat::to::collect(got));
    std::string message;
    try {
      shape.run(flow, got);
    } catch (std::exception const& error) {
      message = error.what();
    }
    CHECK(message.find("failing.bad") != std::string::npos);
    CHECK(message.find("two is too many") != std::string::npos);
    CHECK(message.find("stateful_map.cpp:") != std::string::npos);
  });
}

// SPDX-License-Identifier: BSL-1.0
#include <leat/state/stateful_flat_map.hpp>

#include "state/keyed.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using keyed::pairs;

TEST_CASE("stateful_flat_map passes on what is greater than the last") {
  keyed::check(
      pairs<std::string, int>{{"k", 2}, {"k", 5}, {"k", 8}, {"k", 3}, {"other", 1}},
      [] {
        return leat::stateful_flat_map("rises", [](std::optional<int>& last, int x) {
          std::vector<int> up;
          if (!last || x > *last) up.push_back(x);
          last = x;
          return up;
        });
      },
      pairs<std::string, int>{{"k", 2}, {"k", 5}, {"k", 8}, {"other", 1}});
}

TEST_CASE("stateful_flat_map keeps what views show") {
  static std::string const text = "a long enough text to live on the heap, and more";
  keyed::check(
      pairs<int, int>{{1, 6}, {1, 4}},
      [] {
        return leat::stateful_flat_map("words", [](std::optional<int>&, int length) {
          return std::vector<std::string_view>{std::string_view(text).substr(0, 26 + static_cast<std::size_t>(length)),
                                               "x"};
        });
      },
      pairs<int, std::string>{{1, text.substr(0, 32)}, {1, "x"}, {1, text.substr(0, 30)}, {1, "x"}});
}

TEST_CASE("stateful_flat_map copies what a span shows of the state, which keeps it") {
  using words = std::vector<std::string>;
  keyed::check(
      pairs<int, std::string>{{1, "the first of them, on the heap"}, {1, "the second of them, on the heap"}},
      [] {
        return leat::stateful_flat_map("all so far", [](std::optional<words>& kept, std::string word) {
          if (!kept) kept.emplace();
          kept->push_back(std::move(word));
          return std::span<std::string>(*kept);
        });
      },
      pairs<int, std::string>{{1, "the first of them, on the heap"},
                              {1, "the first of them, on the heap"},
                              {1, "the second of them, on the heap"}});
}

TEST_CASE("stateful_flat_map takes a function that returns the state and the results") {
  keyed::check(
      pairs<int, int>{{1, 3}, {1, 4}, {1, 5}},
      [] {
        return leat::stateful_flat_map("pairs of two", [](std::optional<int> kept, int x) {
          using results = std::vector<int>;
          if (!kept) return std::pair<std::optional<int>, results>(x, {});
          return std::pair<std::optional<int>, results>(std::nullopt, {*kept, x});
        });
      },
      pairs<int, int>{{1, 3}, {1, 4}});
}
